import {
  restoreBackup,
  type RestoreReport,
} from "../../backup/restore_backup.ts";
import {
  type CliCommand,
  JSON_OPTION,
  onlyArgument,
  parseArguments,
  parseNumber,
  refusal,
  twoDirectories,
  UsageError,
} from "../command.ts";
import { EXIT, writeLines } from "../io/cli_io.ts";
import { formatAmount, formatRange, formatSize } from "../io/format.ts";
import { requireDirectory } from "../io/log_directory.ts";
import {
  type LogPlace,
  openObjectEngine,
  parsePlace,
  STORAGE_OPTIONS,
} from "../io/object_storage.ts";
import type { RestoreProgress } from "../../replicate/restore_replica.ts";
import { keepLine } from "../append/show_progress.ts";
import { runCopy } from "./run_copy.ts";

/** Options of {@linkcode restore}. */
interface RestoreCommandOptions {
  readonly from: LogPlace;
  readonly target: string;
  readonly lsn?: number;
  /** In ms since 1970. */
  readonly time?: number;
  readonly json: boolean;
}

const HELP = `Usage: wal restore BACKUP TARGET [OPTIONS]
       wal restore --storage s3://BUCKET/PREFIX TARGET [OPTIONS]

Makes a log in the empty or new directory TARGET of the backup in BACKUP, which
it does not change. BACKUP may also be a log, even one that is being written to.
Checks every frame.

The new log has an id of its own: backups of the original do not continue with
it. LSNs, records and times stay the same. Snapshots that cover later records
are left out, and cursors beyond the last record go back to it.

With --storage, makes it of a replica in object storage; see "wal replicate".
If that is interrupted, TARGET does not open; run it again to continue. A
terminal shows how far it is.

  --lsn N        the last record to restore; by default the last one there is
  --time TIME    restore the records written at this time or before, such as
                 2026-11-29T08:15:00Z
  --storage URL  the place of a replica
  --endpoint URL address of the store, if it is not Amazon's
  --region NAME  its region; by default that of the environment
  --json         one JSON object instead of text, with the same exit code:
                 firstLsn, lastLsn    the records that were restored
                 segments, snapshots, cursors    their number; no snapshots and
                             cursors with --storage
                 bytes       of segments and snapshots
                 keptBytes   with --storage: those of earlier runs

Exit codes: 0 the log is restored; 1 it is not, and TARGET is as it was, or
holds what the next run continues.`;

const OPTIONS = {
  ...STORAGE_OPTIONS,
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
    return {
      ...placesOf(values, positionals),
      ...(lsn !== undefined && { lsn: parseNumber("--lsn", lsn) }),
      ...(time !== undefined && { time: parseTime(time) }),
      json,
    };
  },
  async run(options, io) {
    const { from, target, lsn, time, json } = options;
    requireDirectory("restore to", target, true);
    const restoring = "directory" in from
      ? runCopy(io.interrupt, "nothing was restored", (signal) => {
        requireDirectory("restore", from.directory);
        return restoreBackup(from.directory, target, { lsn, time, signal });
      })
      : runCopy(
        io.interrupt,
        "run the command again to continue",
        async (signal) => {
          const engine = await openObjectEngine(from, io);
          const to = time === undefined ? lsn : new Date(time);
          const { restoreReplica } = await import(
            "../../replicate/restore_replica.ts"
          );
          let shown = "";
          const onProgress = (progress: RestoreProgress) => {
            shown = describeProgress(progress);
          };
          const progress = keepLine(io.stderr, () => shown);
          const options = { to, signal, onProgress };
          return await restoreReplica(engine, target, options)
            .finally(() => progress.end());
        },
      );
    const report = await restoring;
    await writeLines(io, [json ? JSON.stringify(report) : describe(report)]);
    return EXIT.ok;
  },
};

/** What to restore, and where to. */
function placesOf(
  values: Parameters<typeof parsePlace>[1],
  positionals: string[],
): Pick<RestoreCommandOptions, "from" | "target"> {
  if (values.storage !== undefined) {
    const target = onlyArgument("restore", "directory", positionals);
    return { from: parsePlace("restore", values, []), target };
  }
  const [from, target] = twoDirectories("restore", positionals);
  return { from: parsePlace("restore", values, [from]), target };
}

function parseTime(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw refusal("--time", "a time such as 2026-11-29T08:15:00Z", text);
}

function describeProgress(
  { lsn, firstLsn, lastLsn, bytes }: RestoreProgress,
): string {
  const percent = Math.floor(
    100 * (lsn - firstLsn + 1) / Math.max(1, lastLsn - firstLsn + 1),
  );
  return `restored up to LSN ${lsn} of ${lastLsn}, ${percent}%, ` +
    `${formatSize(bytes)} written`;
}

function describe(
  { firstLsn, lastLsn, segments, bytes }: Omit<
    RestoreReport,
    "snapshots" | "cursors"
  >,
): string {
  const range = formatRange(firstLsn, lastLsn) || "no records";
  return `OK: ${range} in ${formatAmount(segments, "segment")}, ` +
    `${formatAmount(bytes, "byte")}`;
}
