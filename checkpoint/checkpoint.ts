import { requireInteger, requireOptions, requireType } from "../argument.ts";
import {
  identifyLog,
  type LogIdentity,
  removeFiles,
} from "../storage/segments/mod.ts";
import {
  formatSnapshotName,
  type SnapshotName,
} from "../storage/format/mod.ts";
import { type FrameLog, TruncatedError } from "../storage/frame_log.ts";
import type { Storage } from "../storage/storage.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { Writer } from "../writer/writer.ts";
import {
  findSnapshots,
  type SnapshotPlace,
  whyNotContinued,
} from "./find_snapshots.ts";
import { SnapshotFile } from "./snapshot.ts";
import { type SnapshotContent, writeSnapshot } from "./write_snapshot.ts";

/**
 * Returns a snapshot of the state after record `lsn`; it is called in the same
 * turn in which the records up to `lsn` became durable.
 */
export type WriteSnapshot = (
  lsn: number,
) => SnapshotContent | Promise<SnapshotContent>;

/** Options of `Wal.checkpoint`. */
export interface CheckpointOptions {
  /**
   * LSN of the last record whose effects the state contains: at least that of
   * the last record dropped. Default: that of the last record appended before
   * the call.
   */
  lsn?: number | undefined;
  /**
   * How many snapshots to keep, each with the records after it: an integer of
   * at least 1. Default 1.
   */
  keep?: number | undefined;
}

/** What a checkpoint has done. */
export interface Checkpoint {
  /** LSN of the last record that the snapshot covers. */
  readonly lsn: number;
  /** Bytes of the snapshot's content. */
  readonly bytes: number;
  /** LSN of the oldest record kept, or of the next one if there is none. */
  readonly firstLsn: number;
}

/** What distinguishes a snapshot from others. */
interface AboutSnapshot {
  readonly log: string;
  readonly epoch: number;
  readonly lsn: number;
}

const OPTIONS: readonly (keyof CheckpointOptions)[] = ["lsn", "keep"];

/** How a log drops records. */
interface Dropping {
  /** Runs `act` while nothing else drops records or cuts them off. */
  alone<Result>(act: () => Promise<Result>): Promise<Result>;
  /** Drops what no cursor holds back; resolves with the oldest LSN kept. */
  drop(lsn: number): Promise<number>;
}

/** Makes the checkpoints of a log, one after the other. */
export class Checkpoints {
  readonly #files: Storage;
  readonly #log: Pick<FrameLog, "epoch" | "firstLsn">;
  readonly #writer: Pick<Writer, "flush" | "lastLsn">;
  readonly #dropping: Dropping;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  /** Does nothing yet. */
  constructor(
    files: Storage,
    log: Pick<FrameLog, "epoch" | "firstLsn">,
    writer: Pick<Writer, "flush" | "lastLsn">,
    dropping: Dropping,
  ) {
    this.#files = files;
    this.#log = log;
    this.#writer = writer;
    this.#dropping = dropping;
  }

  /** Makes a checkpoint once earlier ones are done. */
  make(
    write: WriteSnapshot,
    options: CheckpointOptions,
  ): Promise<Checkpoint> {
    requireType("checkpoint", "its argument", write, "function");
    requireOptions("checkpoint", options, OPTIONS);
    const { keep = 1, lsn } = options;
    requireInteger("checkpoint", "keep", keep);
    if (lsn !== undefined) this.#requireLsn(lsn);
    const run = this.#last.then(() => this.#make(write, keep, lsn));
    this.#last = run.catch(() => {});
    return run;
  }

  /** Ends the one in progress, unless its snapshot is durable already. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }

  async #make(
    write: WriteSnapshot,
    keep: number,
    lsn: number | undefined,
  ): Promise<Checkpoint> {
    const files = this.#files;
    const { signal } = this.#closing;
    if (signal.aborted) throw new LogClosedError("checkpoint");
    const { log } = await identifyLog(files);
    // A record that is not durable may vanish, while the snapshot that contains
    // it stays: another record would get its LSN, and never be replayed.
    const flushedLsn = await this.#writer.flush();
    const covered = lsn ?? flushedLsn;
    // The log may have been truncated while this one waited.
    this.#requireLsn(covered);
    const { epoch = 0 } = this.#log;
    const about = { log, epoch, lsn: covered };
    const bytes = await writeSnapshot(files, about, write(covered), signal);
    // Only now: the records are needed until the snapshot is durable.
    const firstLsn = await this.#dropping.alone(() =>
      this.#supersede(about, keep)
    );
    return { lsn: covered, bytes, firstLsn };
  }

  /** Drops what the snapshot covers, unless that was cut off meanwhile. */
  async #supersede(about: AboutSnapshot, keep: number): Promise<number> {
    const files = this.#files;
    const identity = await identifyLog(files);
    const cutTo = identity.lowestSince(about.epoch);
    if (cutTo < about.lsn) {
      const { lsn, epoch } = about;
      await removeFiles(files, [{ name: formatSnapshotName(lsn, epoch) }]);
      throw new TruncatedError(lsn + 1, cutTo);
    }
    const [kept, superseded] = await this.#sort(about, identity, keep);
    const firstLsn = await this.#dropping.drop(kept + 1);
    await removeFiles(files, superseded);
    return firstLsn;
  }

  /** The LSN of the oldest snapshot to keep, and those that are superseded. */
  async #sort(
    { lsn, epoch }: AboutSnapshot,
    identity: LogIdentity,
    keep: number,
  ): Promise<[kept: number, superseded: SnapshotName[]]> {
    const files = this.#files;
    const { firstLsn } = this.#log;
    const place = { identity, firstLsn, lastLsn: this.#writer.lastLsn };
    const kept = [lsn];
    const superseded: SnapshotName[] = [];
    for (const name of await findSnapshots(files)) {
      const isThis = name.lsn === lsn && name.epoch === epoch;
      // What another owner has made is its own concern.
      if (isThis || name.epoch > epoch) continue;
      const use = await judge(files, name, place);
      if (use === "foreign") continue;
      const isKept = use === "whole" && name.lsn !== lsn &&
        kept.length < keep;
      if (isKept) kept.push(name.lsn);
      else superseded.push(name);
    }
    return [Math.min(...kept), superseded];
  }

  #requireLsn(lsn: number): void {
    const { firstLsn } = this.#log;
    const { lastLsn } = this.#writer;
    requireInteger("checkpoint", "lsn", lsn, firstLsn - 1, lastLsn);
  }
}

/** Whether the log continues a snapshot; its content is not checked. */
async function judge(
  files: Storage,
  name: SnapshotName,
  place: SnapshotPlace,
): Promise<"whole" | "useless" | "foreign"> {
  const file = await SnapshotFile.open(files, name);
  if (typeof file === "string") return "useless";
  const { header } = file;
  await file.close();
  if (header.log !== place.identity.log) return "foreign";
  return whyNotContinued(header, place) === undefined ? "whole" : "useless";
}
