import {
  restoreBackup,
  type RestoreReport,
} from "../../backup/restore_backup.ts";
import {
  type CliCommand,
  JSON_OPTION,
  parseArguments,
  parseNumber,
  refusal,
  twoDirectories,
  UsageError,
} from "../command.ts";
import { EXIT, writeLines } from "../io/cli_io.ts";
import { formatAmount, formatRange } from "../io/format.ts";
import { requireDirectory } from "../io/log_directory.ts";
import { runCopy } from "./run_copy.ts";

/** Options of {@linkcode restore}. */
interface RestoreCommandOptions {
  readonly backup: string;
  readonly target: string;
  readonly lsn?: number;
  /** In ms since 1970. */
  readonly time?: number;
  readonly json: boolean;
}

const HELP = `Usage: wal restore BACKUP TARGET [OPTIONS]

Makes a log in the empty or new directory TARGET of the backup in BACKUP, which
it does not change. BACKUP may also be a log, even one that is being written to.
Checks every frame.

The new log has an id of its own: backups of the original do not continue with
it. LSNs, records and times stay the same. Snapshots that cover later records
are left out, and cursors beyond the last record go back to it.

  --lsn N        the last record to restore; by default the last one there is
  --time TIME    restore the records written at this time or before, such as
                 2026-11-29T08:15:00Z
  --json         one JSON object instead of text, with the same exit code:
                 firstLsn, lastLsn    the records that were restored
                 segments, snapshots, cursors    their number
                 bytes       of segments and snapshots

Exit codes: 0 the log is restored; 1 it is not, and TARGET is as it was.`;

const OPTIONS = {
  lsn: { type: "string" },
  time: { type: "string" },
  ...JSON_OPTION,
} as const;

/** `wal restore`: makes a log of a backup. */
export const restore: CliCommand<RestoreCommandOptions> = {
  name: "restore",
  summary: "make a log of a backup, up to an LSN or a time",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const { lsn, time, json = false } = values;
    if (lsn !== undefined && time !== undefined) {
      throw new UsageError("--lsn must not be given with --time");
    }
    const [backup, target] = twoDirectories("restore", positionals);
    return {
      backup,
      target,
      ...(lsn !== undefined && { lsn: parseNumber("--lsn", lsn) }),
      ...(time !== undefined && { time: parseTime(time) }),
      json,
    };
  },
  async run({ backup, target, lsn, time, json }, io) {
    requireDirectory("restore", backup);
    requireDirectory("restore to", target, true);
    const report = await runCopy(
      io.interrupt,
      "nothing was restored",
      (signal) => restoreBackup(backup, target, { lsn, time, signal }),
    );
    await writeLines(io, [json ? JSON.stringify(report) : describe(report)]);
    return EXIT.ok;
  },
};

function parseTime(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw refusal("--time", "a time such as 2026-11-29T08:15:00Z", text);
}

function describe(
  { firstLsn, lastLsn, segments, bytes }: RestoreReport,
): string {
  const range = formatRange(firstLsn, lastLsn) || "no records";
  return `OK: ${range} in ${formatAmount(segments, "segment")}, ` +
    `${formatAmount(bytes, "byte")}`;
}
