import { BYTES, INTEGER } from "../../policies/parse_policy.ts";
import { WalReader } from "../../reader/wal_reader.ts";
import { CURSOR_NAME } from "../../storage/format/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { defaultStorage } from "../../storage/storage_target.ts";
import { Wal } from "../../wal.ts";
import {
  type CliCommand,
  JSON_OPTION,
  onlyArgument,
  parseArguments,
  parseNumber,
  refusal,
  UsageError,
} from "../command.ts";
import { type CliIo, EXIT, writeLines, writeWarning } from "../io/cli_io.ts";
import {
  formatAmount,
  formatRange,
  formatRecords,
  formatSize,
} from "../io/format.ts";
import { holdsLog, noLogError, requireDirectory } from "../io/log_directory.ts";
import { COUNT, DURATION } from "../io/notation.ts";
import { type DropPlan, type Goal, type Hold, planDrop } from "./plan_drop.ts";

/** Options of {@linkcode truncate}. */
interface TruncateOptions {
  readonly directory: string;
  readonly goal: Goal;
  /** Absent if cursors are ignored. */
  readonly hold?: Hold;
  readonly dryRun: boolean;
  /** Whether the user is sure. */
  readonly yes: boolean;
  readonly json: boolean;
}

/** What was dropped, or would be. */
interface Drop extends DropPlan {
  readonly state: "planned" | "truncated" | "unchanged";
  /** Size of the files that were removed; absent if nothing was done. */
  readonly freedBytes?: number;
}

const HELP = `Usage: wal truncate DIR GOAL [OPTIONS]

Drops records at the beginning of a log, or at its end, for good. Opens the log
for that, so no other process may have it open; a program that has can call
truncateBefore and truncateAfter. GOAL is one of these:

  --before LSN            drop the records below LSN; if that is one beyond the
                          last record, all
  --keep-last N           drop all but the last N records
  --older-than DURATION   drop records written longer ago (ms, s, m, h, d), by
                          the writer's clock
  --after LSN             drop the records after LSN; the next record gets their
                          LSNs again. Needs --yes or --dry-run

The first three keep what cursors have not committed yet, and free disk space by
whole segments:

  --hold NAMES            only these cursors hold records back, separated by
                          commas; by default all
  --hold-limit SIZE       not a cursor that has more than SIZE of segments to go
                          (k, m, g)
  --ignore-cursors        no cursor does

  --dry-run               change nothing and take no lock: show what would be
                          dropped
  --yes                   with --after, drop the records without asking: there
                          is no way back
  --json                  one JSON object instead of text:
                          state       "truncated", "unchanged" or, with
                                      --dry-run, "planned"
                          firstLsn, lastLsn   of the log afterwards
                          dropped     records; firstLsn and lastLsn, if any
                          freedBytes  size of the files that were removed
                          heldBy      names of cursors that kept records
                          beyond      names of cursors that --after leaves
                                      beyond the end`;

const OPTIONS = {
  before: { type: "string" },
  "keep-last": { type: "string" },
  "older-than": { type: "string" },
  after: { type: "string" },
  hold: { type: "string" },
  "hold-limit": { type: "string" },
  "ignore-cursors": { type: "boolean" },
  "dry-run": { type: "boolean" },
  yes: { type: "boolean" },
  ...JSON_OPTION,
} as const;

type Values = ReturnType<typeof parseArguments<typeof OPTIONS>>["values"];

/** `wal truncate`: drops records at one end of a log. */
export const truncate: CliCommand<TruncateOptions> = {
  name: "truncate",
  summary: "drop old records, or those at the end",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const goal = parseGoal(values);
    const hold = parseHold(values, goal);
    const { "dry-run": dryRun = false, yes = false, json = false } = values;
    if (goal.kind === "after" && !dryRun && !yes) {
      throw new UsageError(
        "--after drops records for good: give --yes as well, or --dry-run to " +
          "see them",
      );
    }
    return {
      directory: onlyArgument("truncate", "directory", positionals),
      goal,
      ...(hold !== undefined && { hold }),
      ...{ dryRun, yes, json },
    };
  },
  async run(options, io) {
    const drop = options.dryRun
      ? await foresee(options, io)
      : await carryOut(options, io);
    const lines = options.json
      ? [JSON.stringify(dropToJson(drop))]
      : describeDrop(drop);
    await writeLines(io, lines);
    return EXIT.ok;
  },
};

const GOALS = {
  before: ["before", INTEGER],
  "keep-last": ["keepLast", COUNT],
  "older-than": ["olderThan", DURATION],
  after: ["after", COUNT],
} as const;

function parseGoal(values: Values): Goal {
  const names = Object.keys(GOALS) as (keyof typeof GOALS)[];
  const [name, ...more] = names.filter((name) => values[name] !== undefined);
  if (name === undefined || more.length > 0) {
    const rule = names.map((name) => `--${name}`).join(", ");
    throw new UsageError(
      `truncate takes one of ${rule}: received ` +
        (name === undefined
          ? "none"
          : [name, ...more].map((name) => `--${name}`).join(" ")),
    );
  }
  const [kind, notation] = GOALS[name];
  return { kind, value: parseNumber(`--${name}`, values[name]!, notation) };
}

function parseHold(values: Values, goal: Goal): Hold | undefined {
  const { hold, "hold-limit": limit, "ignore-cursors": ignore } = values;
  const given = [
    ...(hold === undefined ? [] : ["--hold"]),
    ...(limit === undefined ? [] : ["--hold-limit"]),
  ];
  if (ignore && given.length > 0) {
    throw new UsageError(`--ignore-cursors must not be given with ${given[0]}`);
  }
  if (goal.kind === "after") {
    const [name] = [...given, ...(ignore ? ["--ignore-cursors"] : [])];
    if (name === undefined) return undefined;
    throw new UsageError(`${name} must not be given with --after`);
  }
  if (ignore) return undefined;
  const names = hold?.split(",") ?? "all";
  const isAll = names === "all" || hold === "all";
  if (!isAll && !names.every((name) => CURSOR_NAME.test(name))) {
    throw refusal("--hold", "all, or names of cursors with commas", hold!);
  }
  return {
    hold: isAll ? "all" : names,
    limitBytes: limit === undefined
      ? Number.MAX_SAFE_INTEGER
      : parseNumber("--hold-limit", limit, BYTES),
  };
}

/** The files of a log; throws if there is none. */
async function requireLog(directory: string): Promise<Storage> {
  requireDirectory("truncate", directory);
  const storage = await defaultStorage(directory);
  if (await holdsLog(storage)) return storage;
  throw noLogError("truncate", storage);
}

function warnOn(io: CliIo, json: boolean): (message: string) => void {
  return (message) => void writeWarning(io, json, message).catch(() => {});
}

/** Says what would be dropped; takes no lock. */
async function foresee(
  { directory, goal, hold, json }: TruncateOptions,
  io: CliIo,
): Promise<Drop> {
  const storage = await requireLog(directory);
  const log = await WalReader.open(storage, { level: "os" });
  try {
    const warn = warnOn(io, json);
    const plan = await planDrop(log, storage, { goal, hold, warn });
    return { ...plan, state: "planned" };
  } finally {
    await log.close();
  }
}

async function carryOut(
  { directory, goal, hold, json }: TruncateOptions,
  io: CliIo,
): Promise<Drop> {
  // Before anything is created there.
  const storage = await requireLog(directory);
  const warn = warnOn(io, json);
  const log = await Wal.open(storage, {
    warn,
    ...(hold !== undefined && { cursors: hold }),
  });
  try {
    // The warnings about cursors come again when records are dropped.
    const plan = await planDrop(log, storage, { goal, hold, warn: () => {} });
    const before = log.storedBytes;
    if (goal.kind === "after") await log.truncateAfter(plan.lastLsn);
    else await log.truncateBefore(plan.firstLsn);
    const { firstLsn, lastLsn } = log;
    const freedBytes = Math.max(0, before - log.storedBytes);
    const state = plan.dropped.records > 0 ? "truncated" : "unchanged";
    return { ...plan, firstLsn, lastLsn, state, freedBytes };
  } finally {
    await log.close();
  }
}

/** The names are an interface, which the help lists. */
function dropToJson(
  { state, firstLsn, lastLsn, dropped, freedBytes, heldBy, beyond }: Drop,
) {
  const { records } = dropped;
  return {
    ...{ state, firstLsn, lastLsn },
    dropped: records === 0 ? { records } : dropped,
    ...(freedBytes !== undefined && { freedBytes }),
    ...{ heldBy, beyond },
  };
}

/** Says what was dropped, or would be, and what is left. */
function* describeDrop(drop: Drop): Generator<string> {
  const { state, firstLsn, lastLsn, dropped, heldBy, beyond } = drop;
  if (heldBy.length > 0) {
    yield `held     records from LSN ${firstLsn} on are kept for ${
      cursors(heldBy)
    }`;
  }
  if (beyond.length > 0) {
    yield `warning  ${
      cursors(beyond)
    } must seek: the log ends before what was ` +
      "committed there";
  }
  const { records } = dropped;
  const range = formatRange(dropped.firstLsn, dropped.lastLsn);
  const what = `${formatRecords(records)}${range && `, ${range}`}`;
  const left = formatRange(firstLsn, lastLsn) || "no record";
  if (records === 0) {
    yield `nothing to drop; the log has ${left}`;
  } else if (state === "planned") {
    yield `would drop ${what}; nothing was changed. Left would be ${left}`;
  } else {
    const { freedBytes = 0 } = drop;
    yield `dropped ${what}, which frees ${
      formatSize(freedBytes)
    }; the log has ` +
      left;
  }
}

function cursors(names: readonly string[]): string {
  const shown = names.map((name) => `"${name}"`).join(", ");
  return `${formatAmount(names.length, "cursor")}: ${shown}`;
}
