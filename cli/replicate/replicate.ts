import { WalReader } from "../../reader/wal_reader.ts";
import type { Replica } from "../../replicate/replica.ts";
import { replicate as begin } from "../../replicate/replicate.ts";
import type { ReplicaRetention } from "../../replicate/retain.ts";
import type { LogEngine } from "../../storage/log_engine.ts";
import {
  type CliCommand,
  JSON_OPTION,
  onlyArgument,
  parseArguments,
  parseNumber,
  UsageError,
} from "../command.ts";
import {
  type CliIo,
  EXIT,
  signalExitCode,
  writeLines,
  writeWarning,
} from "../io/cli_io.ts";
import { keepLine } from "../append/show_progress.ts";
import { formatRecords, formatSize } from "../io/format.ts";
import { openLogDirectory } from "../io/log_directory.ts";
import { COUNT, DURATION } from "../io/notation.ts";
import {
  type ObjectPlace,
  openObjectEngine,
  parsePlace,
  STORAGE_OPTIONS,
} from "../io/object_storage.ts";

/** Options of {@linkcode replicate}. */
interface ReplicateCommandOptions extends ReplicationOptions {
  readonly directory: string;
  readonly place: ObjectPlace;
}

/** How to replicate. */
export interface ReplicationOptions {
  /** Ends once all is there that was durable at the beginning. */
  readonly once: boolean;
  readonly takeOver: boolean;
  /** What the replica keeps of what the log has dropped; all if absent. */
  readonly retention?: ReplicaRetention;
  readonly json: boolean;
}

const HELP = `Usage: wal replicate DIR --storage s3://BUCKET/PREFIX [OPTIONS]

Copies the log in DIR to object storage, and goes on as a writer appends to it,
until Ctrl-C. What is there is a log with the same records and LSNs: "wal cat
--storage" reads it, and "wal restore --storage" makes a log of it. Takes no
lock on DIR and changes nothing there. Run it again to continue.

A terminal shows how far it is while it catches up. If the storage cannot be
reached, it tries again, and catches up later; with --once, too, for as long as
that takes. It ends if another log writes there, and refuses a place that holds
another log.

DIR must keep its records until they are copied: the writer does not know of
this command. A program that writes the log can replicate it itself; see
docs/replication.md.

  --storage URL    the place; it holds this log and nothing else
  --endpoint URL   address of the store, if it is not Amazon's
  --region NAME    its region; by default that of the environment
  --once           end when everything is there that was durable when it began
  --take-over      go on with the replica of another log that DIR was restored
                   from; whoever writes there is fenced
  --keep DURATION  drop there what DIR has dropped and is older than this (ms,
                   s, m, h, d), once a minute, so not with --once; by default,
                   all is kept
  --keep-records N the same beyond the last N records; what one of the two
                   keeps, is kept
  --json           one JSON object per line for each change:
                   state       catching-up, live, degraded, fenced, failed or
                               closed
                   lsn         the replica has all records up to it
                   lagRecords, lagMs    what it lacks, and since when at most
                   sentBytes, frames, retries    sums
                   error       what went wrong last, if anything

Credentials come from the environment, as for the AWS tools.

Exit codes: 0 everything is there that --once asked for; 1 it cannot continue,
or it has not begun; 130 after Ctrl-C.`;

const OPTIONS = {
  ...STORAGE_OPTIONS,
  once: { type: "boolean" },
  "take-over": { type: "boolean" },
  keep: { type: "string" },
  "keep-records": { type: "string" },
  ...JSON_OPTION,
} as const;

/** `wal replicate`: copies a log to object storage while it is written to. */
export const replicate: CliCommand<ReplicateCommandOptions> = {
  name: "replicate",
  summary: "copy a log to object storage, and whatever is appended to it",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const { once = false, "take-over": takeOver = false, json = false } =
      values;
    const directory = onlyArgument("replicate", "directory", positionals);
    if (values.storage === undefined) {
      throw new UsageError("replicate needs --storage");
    }
    const place = parsePlace("replicate", values, []) as ObjectPlace;
    const retention = parseRetention(values.keep, values["keep-records"]);
    if (once && retention !== undefined) {
      throw new UsageError("replicate takes --once or what to keep, not both");
    }
    return {
      ...{ directory, place, once, takeOver, json },
      ...(retention !== undefined && { retention }),
    };
  },
  async run({ directory, place, ...options }, io) {
    const files = openLogDirectory("replicate", directory, io.interrupt);
    const reader = await WalReader.open(files);
    try {
      return await runReplica(
        reader,
        await openObjectEngine(place, io),
        options,
        io,
      );
    } finally {
      await reader.close();
    }
  },
};

function parseRetention(
  keep: string | undefined,
  keepRecords: string | undefined,
): ReplicaRetention | undefined {
  if (keep === undefined && keepRecords === undefined) return undefined;
  return {
    ...(keep !== undefined && {
      keepMs: parseNumber("--keep", keep, DURATION),
    }),
    ...(keepRecords !== undefined && {
      keepRecords: parseNumber("--keep-records", keepRecords, COUNT),
    }),
  };
}

/** Replicates what a reader shows; resolves with the exit code. */
export async function runReplica(
  reader: WalReader,
  engine: LogEngine,
  { once, takeOver, retention, json }: ReplicationOptions,
  io: CliIo,
): Promise<number> {
  const { interrupt } = io;
  const warn = (message: string) =>
    void writeWarning(io, json, message).catch(() => {});
  const { durableLsn } = reader;
  const options = { takeOver, retention, warn };
  const replica = await begin(reader, engine, options);
  const shown = new ShownReplica(replica, json, io);
  // Nothing else need keep the process alive while it is degraded.
  const alive = setInterval(() => {}, 60_000);
  try {
    const ended = once ? Math.max(1, durableLsn) : Infinity;
    if (durableLsn > 0 || !once) await reached(replica, ended, interrupt);
    return interrupt.aborted ? signalExitCode(interrupt.reason) : EXIT.ok;
  } finally {
    clearInterval(alive);
    await replica.close();
    await shown.end();
  }
}

/** Waits for a record, or the interrupt; rejects if it will never be there. */
async function reached(
  replica: Replica,
  lsn: number,
  signal: AbortSignal,
): Promise<void> {
  const wanted = Math.min(lsn, Number.MAX_SAFE_INTEGER);
  try {
    await replica.waitFor(wanted, { signal });
  } catch (error) {
    if (!signal.aborted) throw (error as Error).cause ?? error;
  }
}

/** Prints how a replica is whenever that changes, and at the end. */
class ShownReplica {
  readonly #replica: Replica;
  readonly #json: boolean;
  readonly #io: CliIo;
  readonly #stop: () => void;
  readonly #progress: { end(): Promise<void> };
  #writing: Promise<void>;

  constructor(replica: Replica, json: boolean, io: CliIo) {
    this.#replica = replica;
    this.#json = json;
    this.#io = io;
    this.#writing = this.#show();
    this.#progress = keepLine(io.stderr, () => this.#progressLine());
    this.#stop = replica.onChange(() => {
      if (replica.stats().state === "closed") return;
      this.#writing = this.#writing.then(() => this.#show());
    });
  }

  async end(): Promise<void> {
    this.#stop();
    await this.#progress.end();
    await this.#writing;
    await this.#show();
  }

  /** What a terminal shows while it catches up. */
  #progressLine(): string {
    const { state, lsn, lagRecords, sentBytes } = this.#replica.stats();
    if (state !== "catching-up") return "";
    return `up to LSN ${lsn}, ${formatRecords(lagRecords)} to go, ` +
      `${formatSize(sentBytes)} sent`;
  }

  /** Never rejects: replication goes on if nobody reads this. */
  async #show(): Promise<void> {
    const stats = this.#replica.stats();
    const { state, lsn, lagRecords, sentBytes, error } = stats;
    const lag = lagRecords === 0
      ? "up to date"
      : `lags by ${formatRecords(lagRecords)}`;
    const line = this.#json
      ? JSON.stringify(stats)
      : `${state}: up to LSN ${lsn}, ${lag}, ${formatSize(sentBytes)} sent` +
        (error === undefined || state === "closed" ? "" : `; ${error}`);
    await writeLines(this.#io, [line]).catch(() => {});
  }
}
