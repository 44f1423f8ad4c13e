import type { FlushReason } from "../policies/batch_policy.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import type { FlushMode, FlushThreadState } from "../writer/flush_mode.ts";
import type { Distribution } from "../writer/histogram.ts";
import type { Health } from "../writer/log_health.ts";
import type { Writer } from "../writer/writer.ts";
import type { ReplicaStats } from "./replica_stats.ts";

/** A log at one instant, and what it has done since it was opened. */
export interface WalStats {
  /** Ms since it was opened. */
  readonly uptimeMs: number;
  /** Where it stands, as the getters of `Wal` say. */
  readonly lsn: {
    readonly first: number;
    readonly last: number;
    readonly written: number;
    readonly durable: number;
  };
  /** What has not been flushed yet. */
  readonly queue: {
    /** Records in the queue, with those that are being flushed. */
    readonly records: number;
    /** Their bytes, with 4 for each record. */
    readonly bytes: number;
    /** Records of appends that wait for room in the queue. */
    readonly waitingRecords: number;
    /** Their bytes, with 4 for each record. */
    readonly waitingBytes: number;
    /** Calls that wait: for room, for an acknowledgement, in `settled`. */
    readonly waiters: number;
    /** Ms since the oldest record in the queue arrived; 0 if it is empty. */
    readonly oldestMs: number;
  };
  /** What a power cut would lose now: all that is not durable. */
  readonly atRisk: {
    /** Records that have a place in the queue or are written. */
    readonly records: number;
    /** Their bytes, with 4 for each record. */
    readonly bytes: number;
    /** Ms since the oldest of them arrived; 0 if there is none. */
    readonly ms: number;
  };
  /** The flushes since it was opened. */
  readonly flushes: {
    readonly count: number;
    /** How many there were for each reason. */
    readonly reasons: Readonly<Record<FlushReason, number>>;
    /** Records a flush; their sum is what was written. */
    readonly records: Distribution;
    /** Bytes a flush, with 4 for each record. */
    readonly bytes: Distribution;
  };
  /** Times in ms, each to the microsecond. */
  readonly latency: {
    /** From the arrival of the oldest record of each flush to its write. */
    readonly queueMs: Distribution;
    /** Of each write. */
    readonly writeMs: Distribution;
    /** Of each sync. */
    readonly syncMs: Distribution;
    /** From the arrival of the oldest record of each flush to its end. */
    readonly ackMs: Distribution;
  };
  /** Ms since the write or sync in progress began; 0 if there is none. */
  readonly busyMs: number;
  /** The thread that flushes it, if the option `flushing` asks for one. */
  readonly thread: ThreadStats;
  /** What it takes on storage. */
  readonly storage: {
    readonly segments: number;
    readonly bytes: number;
  };
  /** How it is. */
  readonly health: Health;
  /** The replica that is attached; absent if there is none. */
  readonly replica?: ReplicaStats | undefined;
}

/** The thread that flushes a log, and what goes to it and comes back. */
export interface ThreadStats extends FlushThreadState {
  /** Records that were handed over and not answered yet; 0 without a thread. */
  readonly handedRecords: number;
  /** Their bytes, with 4 for each record. */
  readonly handedBytes: number;
  /**
   * Ms that waking up took, of each flush on a thread: from the handover to the
   * beginning there, and from the end there to the answer here.
   */
  readonly wakeMs: Distribution;
}

/** Takes the figures of a log at the instant `now`, in ms on its clock. */
export function takeStats(
  log: FrameLog,
  writer: Writer,
  openedAt: number,
  now: number,
  { replica }: { replica: { stats(): ReplicaStats } | undefined },
): WalStats {
  const { load, stats } = writer;
  const durable = writer.reached("disk");
  const { unsyncedBytes, unsyncedSince } = stats;
  const age = (since: number) => Math.max(0, now - since) || 0;
  const oldestMs = age(load.oldestAt);
  return {
    uptimeMs: age(openedAt),
    lsn: {
      first: log.firstLsn,
      last: writer.lastLsn,
      written: writer.reached("os"),
      durable,
    },
    queue: {
      records: load.queuedRecords,
      bytes: load.queuedBytes,
      waitingRecords: load.waitingRecords,
      waitingBytes: load.waitingBytes,
      waiters: load.waiters,
      oldestMs,
    },
    atRisk: {
      records: writer.lastLsn - durable,
      bytes: unsyncedBytes + load.queuedBytes,
      ms: Math.max(oldestMs, age(unsyncedSince)),
    },
    flushes: {
      count: stats.records.count,
      reasons: { ...stats.reasons },
      records: stats.records.copy(),
      bytes: stats.bytes.copy(),
    },
    latency: {
      queueMs: stats.queueMs.copy(),
      writeMs: stats.writeMs.copy(),
      syncMs: stats.syncMs.copy(),
      ackMs: stats.ackMs.copy(),
    },
    busyMs: age(stats.busySince),
    thread: threadStats(writer.mode),
    storage: {
      segments: log.segmentCount ?? 0,
      bytes: log.storedBytes ?? 0,
    },
    health: writer.health.now,
    replica: replica?.stats(),
  };
}

function threadStats({ state, thread, wakeMs }: FlushMode): ThreadStats {
  const { count = 0, length = 0 } = thread?.handed ?? {};
  return {
    ...state,
    ...{ handedRecords: count, handedBytes: length },
    wakeMs: wakeMs.copy(),
  };
}
