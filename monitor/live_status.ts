import { readFully } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { Histogram, type HistogramJson } from "../writer/histogram.ts";
import type { Alert } from "./alert_options.ts";
import type { ReplicaStats } from "./replica_stats.ts";
import type { ThreadStats, WalStats } from "./wal_stats.ts";

/** Version of the status of an open log. */
const VERSION = 1;

/** Steps of times: a microsecond. */
const PER_MS = 1000;

/** The histograms of a log's flushes, by name. */
type Sizes = Record<"records" | "bytes", Histogram>;

/** Those of their times. */
type Latencies = Record<keyof WalStats["latency"], Histogram>;

/** The thread that flushes it. */
type LiveThread = Omit<ThreadStats, "wakeMs"> & { readonly wakeMs: Histogram };

/** The parts of a status that have histograms. */
type Counted = "flushes" | "latency" | "thread";

/** How an open log is, as other processes see it. */
export interface LiveStatus extends Omit<WalStats, Counted> {
  /** Number of this status, from 1 on, since the log was first asked for it. */
  readonly sequence: number;
  /** When it was taken, in ms since 1970. */
  readonly at: number;
  /** Number of the opening. */
  readonly epoch: number;
  /** Process id of the owner; 0 if unknown. */
  readonly pid: number;
  /** The flushes since it was opened. */
  readonly flushes: Omit<WalStats["flushes"], "records" | "bytes"> & Sizes;
  /** Their times. */
  readonly latency: Latencies;
  /** The thread that flushes it. */
  readonly thread: LiveThread;
  /** The alerts that are raised. */
  readonly alerts: readonly Alert[];
  /** Settings that are words or numbers; `null` for `Infinity`. */
  readonly settings: StatusSettings;
}

/** Settings of a log, as its status shows them. */
export type StatusSettings = Readonly<Record<string, string | number | null>>;

/** What the owner adds to its stats. */
export type StatusFrame = Pick<
  LiveStatus,
  "sequence" | "at" | "epoch" | "pid" | "alerts"
>;

/** A longer file is not a status. */
const MOST_BYTES = 1024 * 1024;

/** Reads a small file of a directory as text. */
export async function readText(files: Storage, name: string): Promise<string> {
  const file = await files.open(name, "read");
  try {
    return new TextDecoder().decode(await readFully(file, 0, MOST_BYTES));
  } finally {
    await file.close();
  }
}

/** A status as the text of its file. */
export function formatStatus(
  frame: StatusFrame,
  stats: WalStats,
  settings: object,
): string {
  const shown = settingsOf(settings);
  const status = { version: VERSION, ...frame, ...stats, settings: shown };
  return `${JSON.stringify(status)}\n`;
}

/** Keeps what can be shown in a word, and the name of the policy. */
function settingsOf(settings: object): StatusSettings {
  const shown = Object.entries(settings).flatMap(([name, value]) => {
    if (name === "policy") return [[name, value.constructor?.name ?? ""]];
    if (value === Infinity) return [[name, null]];
    return typeof value === "string" || typeof value === "number"
      ? [[name, value]]
      : [];
  });
  return Object.fromEntries(shown);
}

/**
 * Reads the text of a status. Returns `undefined` for what is not one, or is
 * not whole, or was written by another version.
 */
export function parseStatus(text: string): LiveStatus | undefined {
  let found: StatusJson;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!fits(found, SHAPE) || found.version !== VERSION) return undefined;
  const { flushes, latency, thread, replica } = found;
  const { version: _, ...status } = found;
  return {
    ...status,
    replica: fits(replica, REPLICA) ? replica : undefined,
    flushes: {
      ...flushes,
      records: Histogram.fromJson(flushes.records, 1),
      bytes: Histogram.fromJson(flushes.bytes, 1),
    },
    latency: Object.fromEntries(
      Object.entries(latency)
        .map(([name, json]) => [name, Histogram.fromJson(json, PER_MS)]),
    ) as Latencies,
    thread: { ...thread, wakeMs: Histogram.fromJson(thread.wakeMs, PER_MS) },
  };
}

/** The JSON of a status. */
interface StatusJson extends Omit<LiveStatus, Counted> {
  readonly version: number;
  readonly flushes:
    & Omit<LiveStatus["flushes"], keyof Sizes>
    & Record<keyof Sizes, HistogramJson>;
  readonly latency: Record<keyof Latencies, HistogramJson>;
  readonly thread: Omit<LiveThread, "wakeMs"> & { wakeMs: HistogramJson };
}

const HISTOGRAM: HistogramJson = { count: 0, sum: 0, max: 0, buckets: [0] };

/** An example; lists have one element, unless they may hold anything. */
const SHAPE: StatusJson = {
  ...{ version: VERSION, sequence: 0, at: 0, epoch: 0, pid: 0, uptimeMs: 0 },
  lsn: { first: 0, last: 0, written: 0, durable: 0 },
  queue: {
    ...{ records: 0, bytes: 0, waitingRecords: 0, waitingBytes: 0 },
    ...{ waiters: 0, oldestMs: 0 },
  },
  atRisk: { records: 0, bytes: 0, ms: 0 },
  flushes: {
    count: 0,
    reasons: { due: 0, limit: 0, idle: 0, demand: 0, pressure: 0, fault: 0 },
    records: HISTOGRAM,
    bytes: HISTOGRAM,
  },
  latency: {
    ...{ queueMs: HISTOGRAM, writeMs: HISTOGRAM },
    ...{ syncMs: HISTOGRAM, ackMs: HISTOGRAM },
  },
  busyMs: 0,
  thread: {
    ...{ status: "none", ends: 0, handedRecords: 0, handedBytes: 0 },
    wakeMs: HISTOGRAM,
  },
  storage: { segments: 0, bytes: 0 },
  health: { status: "healthy", reasons: [""] },
  alerts: [{
    ...{ name: "unhealthy", state: "raised", value: 0, threshold: 0 },
    ...{ message: "", at: 0 },
  }],
  settings: {},
};

/** An example of a replica, which not every log has. */
const REPLICA: ReplicaStats = {
  ...{ state: "live", lsn: 0, lagRecords: 0, lagMs: 0 },
  ...{ sentBytes: 0, frames: 0, retries: 0 },
};

/** Whether `value` has all that `shape` has, of the same types. */
function fits(value: unknown, shape: unknown): boolean {
  if (typeof value !== typeof shape || value === null) return false;
  if (typeof shape !== "object") return true;
  if (Array.isArray(shape)) {
    return Array.isArray(value) && value.every((one) => fits(one, shape[0]));
  }
  const fields = value as Record<string, unknown>;
  return Object.entries(shape as object)
    .every(([name, like]) =>
      Object.hasOwn(fields, name) && fits(fields[name], like)
    );
}
