import { backupLog, type BackupReport } from "../../backup/backup_log.ts";
import {
  type CliCommand,
  JSON_OPTION,
  parseArguments,
  twoDirectories,
} from "../command.ts";
import { EXIT, writeLines } from "../io/cli_io.ts";
import { formatAmount, formatRange } from "../io/format.ts";
import { requireDirectory } from "../io/log_directory.ts";
import { runCopy } from "./run_copy.ts";

/** Options of {@linkcode backup}. */
interface BackupCommandOptions {
  readonly directory: string;
  readonly target: string;
  readonly verify: boolean;
  readonly json: boolean;
}

const HELP = `Usage: wal backup DIR TARGET [OPTIONS]

Copies the log in DIR to TARGET, while a writer may have it open: all records
that the log declares durable at one instant, snapshots, cursors and metadata.
Takes no lock on DIR and changes nothing there. Checks every frame that it
copies. TARGET is created if it does not exist.

The next time it copies only what is new, and removes what the log has dropped.
Until it is done, and if it is interrupted, TARGET holds the former backup. Run
it again to continue.

TARGET can be read like any log, but must not be opened for writing: use "wal
restore". It is refused if it is not a backup of this log, or if the log does
not continue what it holds.

  --verify   read everything in TARGET again, and copy once more what is
             damaged there
  --json     one JSON object instead of text, with the same exit code:
             firstLsn, lastLsn    the records in the backup
             segments, snapshots, cursors    their number
             copiedSegments, copiedBytes, keptBytes    what was copied, and what
                                  was there already

Exit codes: 0 the backup is complete; 1 it is not.`;

const OPTIONS = { verify: { type: "boolean" }, ...JSON_OPTION } as const;

/** `wal backup`: copies a log while it is written to. */
export const backup: CliCommand<BackupCommandOptions> = {
  name: "backup",
  summary: "copy a log while it is written to; the next time only what is new",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const [directory, target] = twoDirectories("backup", positionals);
    return {
      directory,
      target,
      verify: values.verify ?? false,
      json: values.json ?? false,
    };
  },
  async run({ directory, target, verify, json }, io) {
    requireDirectory("back up", directory);
    requireDirectory("back up to", target, true);
    const report = await runCopy(
      io.interrupt,
      "the backup holds what it held; run the command again to continue",
      (signal) => backupLog(directory, target, { verify, signal }),
    );
    await writeLines(io, [json ? JSON.stringify(report) : describe(report)]);
    return EXIT.ok;
  },
};

function describe(
  { firstLsn, lastLsn, segments, copiedBytes, keptBytes }: BackupReport,
): string {
  const range = formatRange(firstLsn, lastLsn) || "no records";
  return `OK: ${range} in ${formatAmount(segments, "segment")}; ` +
    `${formatAmount(copiedBytes, "byte")} copied, ` +
    `${formatAmount(keptBytes, "byte")} kept`;
}
