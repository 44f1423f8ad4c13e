import {
  type CliCommand,
  onlyArgument,
  parseArguments,
  parseNumber,
  refusal,
} from "../command.ts";
import { type CliIo, EXIT, signalExitCode } from "../io/cli_io.ts";
import { openLogDirectory } from "../io/log_directory.ts";
import { LogReader } from "./log_reader.ts";
import { ChunkedOutput, printJson, printRaw } from "./print_records.ts";

/** Options of {@linkcode cat}. */
interface CatOptions {
  readonly directory: string;
  /** Absent for the oldest record. */
  readonly from?: number;
  /** `Infinity` for the last record there is. */
  readonly to: number;
  readonly follow: boolean;
  readonly json: boolean;
}

const HELP = `Usage: wal cat DIR [OPTIONS]

Prints records, each followed by a newline. Takes no lock and changes nothing,
so a writer may have the log open; the end of the log is synced before it is
shown. A record that a crash left half-written at the end is not shown. Records
lost in a repair are skipped, and reported on standard error.

  --from LSN     the first record; by default the oldest one kept
  --to LSN       the last record; by default the newest one
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
      follow: { type: "boolean", short: "f" },
      json: { type: "boolean" },
    });
    const { from, to, follow = false, json = false } = values;
    const first = from === undefined ? undefined : parseNumber("--from", from);
    const last = to === undefined ? Infinity : parseNumber("--to", to);
    if (first !== undefined && first > last) {
      throw refusal("--to", `at least --from, ${first}`, to!);
    }
    return {
      directory: onlyArgument("cat", "directory", positionals),
      ...(first !== undefined && { from: first }),
      to: last,
      follow,
      json,
    };
  },
  async run(options, io) {
    const { interrupt } = io;
    const { directory } = options;
    const storage = openLogDirectory("read", directory, interrupt);
    const reader = new LogReader(storage, options);
    await Promise.race([print(reader, options, io), interrupted(interrupt)]);
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

const POLL_MS = 100;

async function print(
  reader: LogReader,
  { follow, json }: CatOptions,
  { stdout, stderr, interrupt }: CliIo,
): Promise<void> {
  const output = new ChunkedOutput(stdout);
  const printBatch = json ? printJson : printRaw;
  try {
    while (true) {
      for await (const batch of reader.read()) {
        await printBatch(batch, output, stderr);
        if (interrupt.aborted) break;
      }
      await output.flush();
      if (!follow || reader.isDone || interrupt.aborted) return;
      await sleep(POLL_MS, interrupt);
    }
  } finally {
    await reader.close();
    // Whatever was read before damage is shown.
    await output.flush();
  }
}

function sleep(ms: number, interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      interrupt.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    interrupt.addEventListener("abort", wake);
    if (interrupt.aborted) wake();
  });
}
