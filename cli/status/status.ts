import { askStatus } from "../../monitor/ask_status.ts";
import { NodeStorage } from "../../storage/directory/mod.ts";
import { StorageError } from "../../storage/storage_error.ts";
import type { NumberNotation } from "../../policies/parse_policy.ts";
import {
  type CliCommand,
  JSON_OPTION,
  parseArguments,
  parseNumber,
} from "../command.ts";
import { type CliIo, InterruptedError, writeLines } from "../io/cli_io.ts";
import { keepLine } from "../append/show_progress.ts";
import { openLogDirectory } from "../io/log_directory.ts";
import { COUNT, DURATION, SIZE } from "../io/notation.ts";
import {
  type LogPlace,
  type ObjectPlace,
  openRetryingStore,
  parsePlace,
  refuseOnStorage,
  STORAGE_HELP,
  STORAGE_OPTIONS,
} from "../io/object_storage.ts";
import { errorToJson } from "../io/report_error.ts";
import { describeStatus, stateOf, statusToJson } from "./describe_status.ts";
import {
  judgeStatus,
  type Measure,
  type StatusLimits,
} from "./judge_status.ts";
import { readStatus } from "./read_status.ts";

/** Options of {@linkcode status}. */
interface StatusOptions {
  readonly place: LogPlace;
  readonly limits: StatusLimits;
  /** Whether to ask the process that has the log open. */
  readonly live: boolean;
  readonly json: boolean;
}

/** The exit codes, which are those of Nagios plugins. */
const CODES = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

const HELP = `Usage: wal status DIR [OPTIONS]
       wal status --storage s3://BUCKET/PREFIX [OPTIONS]

Shows at once how a log is doing, whatever its size: reads file names, the
manifest, the last segment and the oldest record. Takes no lock, changes
nothing, and does not look for damage elsewhere: "wal verify" does. Prints a
line for each problem, the worst first, and then what is known.

A warning: cursors that cannot be read or were left behind, an owner that is
gone without closing the log, and files that a repair or a displaced owner has
left or that do not belong to the log. Critical: damage, and a device that
fails. Options add limits:

  --warn-free SIZE       warn if the disk has less than SIZE free (k, m, g);
                         default 1g
  --critical-free SIZE   the same, but critical; default 128m
  --warn-bytes SIZE      warn if the segments have more than SIZE together
  --critical-bytes SIZE  the same, but critical; and so on
  --warn-lag N           warn if a cursor lags by more than N durable records
  --critical-lag N
  --warn-age DURATION    warn if the last record is older (ms, s, m, h, d)
  --critical-age DURATION
  --require-owner        critical unless a process has the log open
  --live                 ask that process for its health and alerts as well,
                         which takes about a second
  --json                 one JSON object instead of text, with the same exit
                         code; docs/cli.md lists its names

${STORAGE_HELP}

There, it lists all objects and reads the newest. There is no lock and no disk:
--require-owner, --live, --warn-free and --critical-free are refused.

Exit codes, as of Nagios plugins: 0 fine, 1 warning, 2 critical, 3 unknown:
there is no log, it cannot be read, or the arguments are bad.`;

const LIMIT = { type: "string" } as const;

const OPTIONS = {
  "warn-free": LIMIT,
  "critical-free": LIMIT,
  "warn-bytes": LIMIT,
  "critical-bytes": LIMIT,
  "warn-lag": LIMIT,
  "critical-lag": LIMIT,
  "warn-age": LIMIT,
  "critical-age": LIMIT,
  "require-owner": { type: "boolean" },
  live: { type: "boolean" },
  ...STORAGE_OPTIONS,
  ...JSON_OPTION,
} as const;

const NOTATIONS: Readonly<Record<Measure, NumberNotation>> = {
  ...{ free: SIZE, bytes: SIZE, lag: COUNT, age: DURATION },
};

/** Options about what only a directory has. */
const DIRECTORY_OPTIONS = [
  ...["require-owner", "live", "warn-free", "critical-free"],
];

const DEFAULTS = {
  "warn-free": "1g",
  "critical-free": "128m",
};

/** `wal status`: how a log is doing, for people and monitors. */
export const status: CliCommand<StatusOptions> = {
  name: "status",
  summary: "show at once how a log is doing; exit codes for monitors",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  usageExitCode: CODES.unknown,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const place = parsePlace("status", values, positionals);
    refuseOnStorage(place, values, DIRECTORY_OPTIONS);
    const texts = { ...DEFAULTS, ...values };
    const limitsOf = (level: "warn" | "critical") =>
      Object.fromEntries(
        Object.entries(NOTATIONS).flatMap(([measure, notation]) => {
          const name = `${level}-${measure as Measure}` as const;
          const text = texts[name];
          if (text === undefined) return [];
          return [[measure, parseNumber(`--${name}`, text, notation)]];
        }),
      );
    return {
      place,
      limits: {
        warning: limitsOf("warn"),
        critical: limitsOf("critical"),
        requireOwner: values["require-owner"] ?? false,
      },
      live: values.live ?? false,
      json: values.json ?? false,
    };
  },
  async run(options, io) {
    try {
      return await show(options, io);
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      if ((error as { code?: string }).code === "EPIPE") throw error;
      return await showUnknown(error, options, io);
    }
  },
};

async function show(
  { place, limits, live, json }: StatusOptions,
  io: CliIo,
): Promise<number> {
  if (!("directory" in place)) {
    return await showObjects(place, limits, json, io);
  }
  const { directory } = place;
  const action = "show the status of";
  const storage = openLogDirectory(action, directory, io.interrupt);
  const read = await readStatus(storage);
  const isAsked = live && read.lock.state !== "free";
  const found = isAsked
    ? { ...read, live: await askStatus(new NodeStorage(directory)) }
    : read;
  const now = Date.now();
  const problems = judgeStatus(found, limits, now);
  const lines = json
    ? [JSON.stringify(statusToJson(found, problems, now))]
    : describeStatus(found, problems, now);
  await writeLines(io, lines);
  return CODES[stateOf(problems)];
}

/** The same of a log on object storage. */
async function showObjects(
  place: ObjectPlace,
  limits: StatusLimits,
  json: boolean,
  io: CliIo,
): Promise<number> {
  const objects = await import("./object_status.ts");
  const store = await openRetryingStore(place, io);
  const startedAt = Date.now();
  const waiting = keepLine(io.stderr, () => {
    const seconds = Math.floor((Date.now() - startedAt) / 1000);
    return seconds === 0 ? "" : `asking ${store.location} for ${seconds} s`;
  });
  const found = await objects.readObjectStatus(store, io.interrupt)
    .catch((error) => {
      throw io.interrupt.aborted ? new InterruptedError("") : error;
    }).finally(waiting.end);
  const now = Date.now();
  const problems = judgeStatus(objects.toLogStatus(found), limits, now);
  const lines = json
    ? [JSON.stringify(objects.objectStatusToJson(found, problems, now))]
    : objects.describeObjectStatus(found, problems, now);
  await writeLines(io, lines);
  return CODES[stateOf(problems)];
}

/** On standard output, which is where monitors look. */
async function showUnknown(
  error: unknown,
  { json }: StatusOptions,
  io: CliIo,
): Promise<number> {
  const state = isDeviceFailure(error) ? "critical" : "unknown";
  const { code, message } = errorToJson(error);
  const problems = [{ level: state, code, message }];
  const line = json
    ? JSON.stringify({ state, problems })
    : `${state.toUpperCase()}: ${message}`;
  await writeLines(io, [line]);
  return CODES[state];
}

/** Not a file that is missing, nor one that may not be read. */
function isDeviceFailure(error: unknown): boolean {
  return error instanceof StorageError && error.code === "EIO";
}
