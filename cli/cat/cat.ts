import { EngineSource } from "../../reader/engine_source.ts";
import { ObservedLog } from "../../reader/observed_log.ts";
import {
  type CliCommand,
  JSON_OPTION,
  parseArguments,
  parseNumber,
  refusal,
} from "../command.ts";
import type { CliIo } from "../io/cli_io.ts";
import { openLogDirectory } from "../io/log_directory.ts";
import {
  type LogPlace,
  observeExisting,
  openObjectEngine,
  parsePlace,
  STORAGE_HELP,
  STORAGE_OPTIONS,
} from "../io/object_storage.ts";
import { type OpenLog, printLog } from "./print_log.ts";
import { printJson, printRaw } from "./print_records.ts";

/** Options of {@linkcode cat}. */
interface CatOptions {
  readonly place: LogPlace;
  /** Absent for the oldest record. */
  readonly from?: number;
  /** `Infinity` for the last record there is. */
  readonly to: number;
  /** Only so many of the last records; absent for all. */
  readonly last?: number;
  readonly follow: boolean;
  readonly json: boolean;
  readonly written: boolean;
}

const HELP = `Usage: wal cat DIR [OPTIONS]
       wal cat --storage s3://BUCKET/PREFIX [OPTIONS]

Prints records, each followed by a newline. Takes no lock and changes nothing,
so a writer may have the log open. It prints the records that the log declares
durable, which may leave out the last ones of a writer that was killed. Records
lost in a repair are skipped, and reported on standard error.

  --from LSN     the first record; by default the oldest one kept
  --to LSN       the last record; by default the newest one
  --last N       only the last N records
  --written      include records that are written but perhaps not durable: a
                 power loss may still take them back
  --follow, -f   wait for more records until Ctrl-C
  --json         one JSON object per line: {"lsn":1,"text":"..."}, or
                 {"lsn":1,"base64":"..."} if the record is not UTF-8, or
                 {"lsn":1,"lost":2} if 2 records are lost, from LSN 1 on

${STORAGE_HELP}

There, all records that can be read are durable; --written changes nothing.`;

const OPTIONS = {
  from: { type: "string" },
  to: { type: "string" },
  last: { type: "string" },
  written: { type: "boolean" },
  follow: { type: "boolean", short: "f" },
  ...STORAGE_OPTIONS,
  ...JSON_OPTION,
} as const;

/** `wal cat`: prints records. */
export const cat: CliCommand<CatOptions> = {
  name: "cat",
  summary: "print records, even while a writer has the log open",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const { from, to, follow = false, json = false, written = false } = values;
    const first = from === undefined ? undefined : parseNumber("--from", from);
    const count = values.last === undefined
      ? undefined
      : parseNumber("--last", values.last);
    if (count !== undefined && (from ?? to) !== undefined) {
      throw refusal("--last", "without --from and --to", values.last!);
    }
    const last = to === undefined ? Infinity : parseNumber("--to", to);
    if (first !== undefined && first > last) {
      throw refusal("--to", `at least --from, ${first}`, to!);
    }
    return {
      place: parsePlace("cat", values, positionals),
      ...(first !== undefined && { from: first }),
      to: last,
      ...(count !== undefined && { last: count }),
      follow,
      json,
      written,
    };
  },
  async run(options, io) {
    const { from, last, json, to, follow, written } = options;
    return await printLog(await openerOf(options, io), {
      ...{ to, follow, written, json },
      first: (log) =>
        last === undefined
          ? from
          : Math.max(log.firstLsn, log.reached("os") - last + 1),
      print: json ? printJson : printRaw,
    }, io);
  },
};

/** Looks at the log for the first time. */
async function openerOf(
  { place, follow }: CatOptions,
  io: CliIo,
): Promise<OpenLog> {
  if ("directory" in place) {
    const { directory } = place;
    const storage = openLogDirectory("read", directory, io.interrupt);
    return (level) => ObservedLog.open(storage, level);
  }
  const engine = await openObjectEngine(place, io);
  return async (level) => {
    const observer = follow
      ? await engine.observeLog()
      : await observeExisting("read", engine);
    return new EngineSource(observer, level);
  };
}
