import {
  type CliCommand,
  onlyArgument,
  parseArguments,
  parseNumber,
  refusal,
} from "../command.ts";
import { ObservedLog } from "../../reader/observed_log.ts";
import type { Storage } from "../../storage/storage.ts";
import { type CliIo, EXIT, signalExitCode, writeLine } from "../io/cli_io.ts";
import { formatRecords } from "../io/format.ts";
import { openLogDirectory } from "../io/log_directory.ts";
import { ChunkedOutput, printJson, printRaw } from "./print_records.ts";
import { shownBatches } from "./shown_batches.ts";

/** Options of {@linkcode cat}. */
interface CatOptions {
  readonly directory: string;
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
                 {"lsn":1,"lost":2} if 2 records are lost, from LSN 1 on`;

/** `wal cat`: prints records. */
export const cat: CliCommand<CatOptions> = {
  name: "cat",
  summary: "print records, even while a writer has the log open",
  help: HELP,
  parse(args) {
    const { values, positionals } = parseArguments(args, {
      from: { type: "string" },
      to: { type: "string" },
      last: { type: "string" },
      written: { type: "boolean" },
      follow: { type: "boolean", short: "f" },
      json: { type: "boolean" },
    });
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
      directory: onlyArgument("cat", "directory", positionals),
      ...(first !== undefined && { from: first }),
      to: last,
      ...(count !== undefined && { last: count }),
      follow,
      json,
      written,
    };
  },
  async run(options, io) {
    const { interrupt } = io;
    const { directory } = options;
    const storage = openLogDirectory("read", directory, interrupt);
    await Promise.race([print(storage, options, io), interrupted(interrupt)]);
    return interrupt.aborted ? signalExitCode(interrupt.reason) : EXIT.ok;
  },
};

/** Nothing has to be saved, so there is no need to wait for the output. */
function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function print(
  storage: Storage,
  { from, to, last, follow, json, written }: CatOptions,
  { stdout, stderr, interrupt: signal }: CliIo,
): Promise<void> {
  const output = new ChunkedOutput(stdout);
  const printBatch = json ? printJson : printRaw;
  const log = await ObservedLog.open(storage, written ? "os" : "disk");
  const first = last === undefined
    ? from
    : Math.max(log.firstLsn, log.reached("os") - last + 1);
  const range = { ...(first !== undefined && { from: first }), to };
  try {
    const wait = follow ? () => output.flush() : undefined;
    const batches = shownBatches(log, { ...range, signal, wait });
    for await (const batch of batches) {
      await printBatch(batch, output, stderr);
      if (signal.aborted) break;
    }
    const hidden = Math.min(to, log.writtenLsn) - log.reached("os");
    if (hidden > 0 && !follow && !signal.aborted) {
      await writeLine(stderr, describeHidden(hidden));
    }
  } finally {
    await log.close();
    // Whatever was read before damage is shown.
    await output.flush();
  }
}

/** A writer that was killed leaves such records, and so does one at work. */
function describeHidden(count: number): string {
  const verb = count === 1 ? "is" : "are";
  return `wal: ${formatRecords(count)} at the end ${verb} not shown: not ` +
    "declared durable yet; --written shows them";
}
