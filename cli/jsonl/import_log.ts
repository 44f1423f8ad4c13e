import { openStorage } from "../../log/open_storage.ts";
import type { SegmentLog } from "../../storage/segments/mod.ts";
import { isMissing } from "../../storage/storage_error.ts";
import { defaultStorage } from "../../storage/storage_target.ts";
import { checkOptions } from "../../log/check_options.ts";
import { systemClock } from "../../writer/clock.ts";
import { LineSplitter } from "../append/line_splitter.ts";
import { showProgress, writeSummary } from "../append/show_progress.ts";
import {
  type CliCommand,
  JSON_OPTION,
  onlyArgument,
  parseArguments,
  UsageError,
} from "../command.ts";
import {
  type CliIo,
  EXIT,
  signalExitCode,
  writeWarning,
} from "../io/cli_io.ts";
import { untilAborted } from "../io/interruptible_input.ts";
import { holdsLog, requireDirectory } from "../io/log_directory.ts";
import { BadLineError, type ExportedLine, parseLine } from "./parse_line.ts";
import {
  type ImportRules,
  type ImportTarget,
  RecordImporter,
} from "./record_importer.ts";

/** Options of {@linkcode importLog}. */
interface ImportOptions extends ImportRules {
  readonly directory: string;
  readonly json: boolean;
}

const HELP = `Usage: wal import DIR [OPTIONS] < EXPORT

Appends the records of a "wal export" on standard input. "wal export --help"
shows the format; of each line, only "text" or "base64" is needed. LSNs, times,
batches and lost records become what they were. A log that does not exist yet
begins with the first LSN of the input. A log that exists goes on where it ends,
and its next LSN must be the first one of the input. Blank lines are skipped.

A line that cannot be imported ends the run with an error that gives its number.
Everything before it is kept, except for a batch that is incomplete.

  --resume         leave out records whose LSN the log has already, as after an
                   import that failed; they are not compared
  --allow-gaps     make a hole of LSNs that are missing in the input, as a
                   repair does; each hole begins a new segment
  --renumber       ignore the LSNs of the input, and leave out lost records
  --json           at the end, one JSON object on standard output: records,
                   bytes, firstLsn and lastLsn of what is durable; lost and
                   skipped, numbers of records; ack, which is "disk"; seconds

Without --json, the last line on standard error says what is durable. Times
never decrease in a log: a record older than the one before it gets its time.
Ctrl-C, SIGTERM or SIGHUP stops reading, and what was read is made durable.`;

const OPTIONS = {
  resume: { type: "boolean" },
  "allow-gaps": { type: "boolean" },
  renumber: { type: "boolean" },
  ...JSON_OPTION,
} as const;

/** `wal import`: appends the records of an export. */
export const importLog: CliCommand<ImportOptions> = {
  name: "import",
  summary: "append records that were exported, with their LSNs and times",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const { resume = false, renumber = false, json = false } = values;
    const { "allow-gaps": allowGaps = false } = values;
    if (renumber && (resume || allowGaps)) {
      throw new UsageError(
        "--renumber must not be given with --resume or --allow-gaps, which " +
          "keep LSNs",
      );
    }
    return {
      directory: onlyArgument("import", "directory", positionals),
      ...{ resume, allowGaps, renumber, json },
    };
  },
  async run(options, io) {
    requireDirectory("import into", options.directory, true);
    const startedAt = performance.now();
    const run = new ImportRun(options, io);
    const progress = showProgress(io.stderr, () => run.acked);
    try {
      try {
        await run.read();
      } finally {
        await run.close();
      }
    } finally {
      await progress.end();
      const seconds = (performance.now() - startedAt) / 1000;
      const { lost, skipped } = run;
      const counts = { seconds, ack: "disk" as const, lost, skipped };
      await writeSummary(io, options.json, run.acked, counts);
    }
    const { interrupt } = io;
    return interrupt.aborted ? signalExitCode(interrupt.reason) : EXIT.ok;
  },
};

/** A line can escape each byte of a record in six letters. */
const MAX_LINE_BYTES = 6 * 64 * 1024 * 1024 + 4096;

/** How long a record may wait for its sync while the input goes on, in ms. */
const SYNC_MS = 250;

/** One run of the command; the first line decides how the log is opened. */
class ImportRun {
  readonly #options: ImportOptions;
  readonly #io: CliIo;
  #target: ImportTarget | undefined;
  #importer: RecordImporter | undefined;
  /** Whether the log has failed, so that only opening it again continues. */
  #hasFailed = false;
  #line = 0;

  constructor(options: ImportOptions, io: CliIo) {
    this.#options = options;
    this.#io = io;
  }

  get acked() {
    return this.#importer?.acked ??
      { firstLsn: 0, lastLsn: 0, records: 0, bytes: 0 };
  }

  get lost(): number {
    return this.#importer?.lost ?? 0;
  }

  get skipped(): number {
    return this.#importer?.skipped ?? 0;
  }

  /** Imports the lines of the input. */
  async read(): Promise<void> {
    const { stdin, interrupt } = this.#io;
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    let syncedAt = performance.now();
    for await (const chunk of untilAborted(stdin, interrupt)) {
      for (const line of splitter.push(chunk)) await this.#add(line);
      if (performance.now() - syncedAt < SYNC_MS) continue;
      await this.#log(async () => await this.#importer?.sync());
      syncedAt = performance.now();
    }
    // After Ctrl-C, what is left is not a line but a piece of one.
    if (interrupt.aborted) return;
    for (const line of splitter.end()) await this.#add(line);
    this.#importer?.requireWhole();
  }

  /** Makes durable what was imported, and closes the log. */
  async close(): Promise<void> {
    const log = this.#target?.log;
    if (log === undefined) return;
    try {
      if (!this.#hasFailed) {
        await this.#log(async () => await this.#importer!.sync());
      }
    } finally {
      await log.close(!this.#hasFailed);
    }
  }

  async #add(bytes: Uint8Array): Promise<void> {
    const line = ++this.#line;
    const exported = parseLine(bytes, line);
    if (exported === undefined) return;
    if (this.#importer === undefined) {
      this.#target = await openTarget(this.#options, exported, this.#io);
      this.#importer = new RecordImporter(this.#target, this.#options);
    }
    await this.#log(() => this.#importer!.add(exported, line));
  }

  /** Runs `act`; an error that is not about a line is one of the log. */
  async #log(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#hasFailed ||= !(error instanceof BadLineError);
      throw error;
    }
  }
}

/** Opens the log, or creates one that begins with the record of `first`. */
async function openTarget(
  { directory, renumber, json }: ImportOptions,
  { lsn }: ExportedLine,
  io: CliIo,
): Promise<ImportTarget> {
  let time = 0;
  const isNew = !renumber && lsn !== undefined && await isEmpty(directory);
  const options = checkOptions({
    ...(isNew && { firstLsn: lsn }),
    clock: { ...systemClock, wallTime: () => time },
    warn: (message) => void writeWarning(io, json, message).catch(() => {}),
  });
  // A directory's log is one of segments.
  const log = await openStorage(directory, undefined, options) as SegmentLog;
  return {
    log,
    setTime(next) {
      time = next;
    },
  };
}

/** Whether a directory does not exist, or holds no log. */
async function isEmpty(directory: string): Promise<boolean> {
  try {
    return !await holdsLog(await defaultStorage(directory));
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}
