import type { WalStats } from "../monitor/wal_stats.ts";
import type { AttributesLike } from "./meter_like.ts";

/** A metric, in the words of OpenTelemetry. */
interface Metric {
  /** Its name. */
  readonly name: string;
  /** Its unit, in the notation of UCUM. */
  readonly unit: string;
  /** What it is, without a period. */
  readonly description: string;
}

/** A value, and what it is of. */
type Reading = readonly [value: number, attributes?: AttributesLike];

/** A metric that is read from what `Wal.stats` tells. */
interface ReadMetric extends Metric {
  /** `UpDownCounter` if the sum over several logs makes sense. */
  readonly kind: "Counter" | "UpDownCounter" | "Gauge";
  /** Its values. */
  read(stats: WalStats): readonly Reading[];
}

/** Values of `syncline.wal.health`. */
const SEVERITY = { healthy: 0, degraded: 1, failed: 2 } as const;

/** Values of `syncline.wal.thread.status`. */
const THREAD = { none: 0, starting: 1, healthy: 1, ended: 2 } as const;

/** All counters and gauges, in the order of the documentation. */
export const READINGS: readonly ReadMetric[] = [
  {
    kind: "Counter",
    name: "syncline.wal.flushes",
    unit: "{flush}",
    description: "Flushes since the log was opened",
    read: ({ flushes: { reasons } }) =>
      Object.entries(reasons)
        .map(([reason, count]) => [count, { [REASON]: reason }]),
  },
  {
    kind: "Counter",
    name: "syncline.wal.written.records",
    unit: "{record}",
    description: "Records written since the log was opened",
    read: ({ flushes }) => [[flushes.records.sum]],
  },
  {
    kind: "Counter",
    name: "syncline.wal.written.size",
    unit: "By",
    description:
      "Bytes written since the log was opened, 4 per record included",
    read: ({ flushes }) => [[flushes.bytes.sum]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.queue.records",
    unit: "{record}",
    description: "Records in the queue, with those that are being flushed",
    read: ({ queue }) => [[queue.records]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.queue.size",
    unit: "By",
    description: "Bytes in the queue, with those that are being flushed",
    read: ({ queue }) => [[queue.bytes]],
  },
  {
    kind: "Gauge",
    name: "syncline.wal.queue.age",
    unit: "s",
    description: "Time since the oldest record in the queue arrived",
    read: ({ queue }) => [[seconds(queue.oldestMs)]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.waiting.records",
    unit: "{record}",
    description: "Records of appends that wait for room in the queue",
    read: ({ queue }) => [[queue.waitingRecords]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.waiting.size",
    unit: "By",
    description: "Bytes of appends that wait for room in the queue",
    read: ({ queue }) => [[queue.waitingBytes]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.waiters",
    unit: "{call}",
    description: "Calls that wait for room or for an acknowledgement",
    read: ({ queue }) => [[queue.waiters]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.at_risk.records",
    unit: "{record}",
    description: "Records that a power cut would lose now",
    read: ({ atRisk }) => [[atRisk.records]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.at_risk.size",
    unit: "By",
    description: "Bytes that a power cut would lose now",
    read: ({ atRisk }) => [[atRisk.bytes]],
  },
  {
    kind: "Gauge",
    name: "syncline.wal.at_risk.age",
    unit: "s",
    description: "Time since the oldest record at risk arrived",
    read: ({ atRisk }) => [[seconds(atRisk.ms)]],
  },
  {
    kind: "Gauge",
    name: "syncline.wal.busy.age",
    unit: "s",
    description: "Time since the write or sync in progress began",
    read: ({ busyMs }) => [[seconds(busyMs)]],
  },
  {
    kind: "Gauge",
    name: "syncline.wal.thread.status",
    unit: "",
    description: "0 if there is no flush thread, 1 if there is, 2 if it ended",
    read: ({ thread }) => [[THREAD[thread.status]]],
  },
  {
    kind: "Counter",
    name: "syncline.wal.thread.ends",
    unit: "{end}",
    description: "Flush threads that ended by themselves or did not start",
    read: ({ thread }) => [[thread.ends]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.thread.records",
    unit: "{record}",
    description: "Records that the flush thread has not answered yet",
    read: ({ thread }) => [[thread.handedRecords]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.thread.size",
    unit: "By",
    description: "Bytes that the flush thread has not answered yet",
    read: ({ thread }) => [[thread.handedBytes]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.stored.size",
    unit: "By",
    description: "Bytes that the segments of the log take on storage",
    read: ({ storage }) => [[storage.bytes]],
  },
  {
    kind: "UpDownCounter",
    name: "syncline.wal.stored.segments",
    unit: "{segment}",
    description: "Segments of the log",
    read: ({ storage }) => [[storage.segments]],
  },
  {
    kind: "Gauge",
    name: "syncline.wal.lsn",
    unit: "{lsn}",
    description: "First, last, written and durable LSN",
    read: ({ lsn }) =>
      Object.entries(lsn)
        .map(([position, value]) => [value, { [POSITION]: position }]),
  },
  {
    kind: "Gauge",
    name: "syncline.wal.health",
    unit: "",
    description: "0 if the log is healthy, 1 if degraded, 2 if failed",
    read: ({ health }) => [[SEVERITY[health.status]]],
  },
  {
    kind: "Gauge",
    name: "syncline.wal.uptime",
    unit: "s",
    description: "Time since the log was opened",
    read: ({ uptimeMs }) => [[seconds(uptimeMs)]],
  },
];

/** The attribute of `syncline.wal.flushes`, and of spans. */
export const REASON = "syncline.wal.flush.reason";

/** The attribute of `syncline.wal.lsn`. */
const POSITION = "syncline.wal.lsn.position";

/** From 10 us to 10 s: from memory to a disk that is about to fail. */
const SECONDS = [
  ...[0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5],
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
];

/** Powers of 2. */
const RECORDS = Array.from({ length: 14 }, (_, power) => 2 ** power);

/** Powers of 4, from 64 bytes to 64 MiB. */
const BYTES = Array.from({ length: 11 }, (_, power) => 64 * 4 ** power);

/** All histograms, in the order of the documentation. */
export const HISTOGRAMS = [
  {
    name: "syncline.wal.ack.duration",
    unit: "s",
    description: "From the arrival of a flush's oldest record to its end",
    boundaries: SECONDS,
  },
  {
    name: "syncline.wal.queue.duration",
    unit: "s",
    description: "From the arrival of a flush's oldest record to its write",
    boundaries: SECONDS,
  },
  {
    name: "syncline.wal.write.duration",
    unit: "s",
    description: "Time that each write takes",
    boundaries: SECONDS,
  },
  {
    name: "syncline.wal.sync.duration",
    unit: "s",
    description: "Time that each sync takes",
    boundaries: SECONDS,
  },
  {
    name: "syncline.wal.wake.duration",
    unit: "s",
    description: "Time that waking up takes in each flush on a thread",
    boundaries: SECONDS,
  },
  {
    name: "syncline.wal.flush.records",
    unit: "{record}",
    description: "Records per flush",
    boundaries: RECORDS,
  },
  {
    name: "syncline.wal.flush.size",
    unit: "By",
    description: "Bytes per flush, 4 per record included",
    boundaries: BYTES,
  },
] as const satisfies readonly (Metric & { boundaries: readonly number[] })[];

/** The name of a histogram. */
export type HistogramName = typeof HISTOGRAMS[number]["name"];

function seconds(ms: number): number {
  return ms / 1000;
}
