import {
  argumentError,
  requireMethod,
  requireOptions,
  requireType,
} from "../argument.ts";
import type { FlushReport } from "../policies/batch_policy.ts";
import type { Wal } from "../wal.ts";
import { FlushSpans } from "./flush_spans.ts";
import type {
  AttributesLike,
  MeterLike,
  ObservableResultLike,
  TracerLike,
} from "./meter_like.ts";
import { type HistogramName, HISTOGRAMS, READINGS } from "./metrics.ts";

/** Options of {@linkcode observeLog}. */
export interface ObserveOptions {
  /**
   * What the log is called in your metrics: the attribute `syncline.wal.log`.
   * Two logs must not have the same name, unless `attributes` tell them apart.
   */
  name: string;
  /** Where metrics go: a `Meter` of `@opentelemetry/api`. */
  meter: MeterLike;
  /** Where spans go: a `Tracer`. Default: there are none. */
  tracer?: TracerLike | undefined;
  /** More attributes of every metric and span. Default: none. */
  attributes?: AttributesLike | undefined;
}

const ACTION = "observe the log";

/**
 * Reports what a log does by the metrics that docs/opentelemetry.md lists, from
 * this call on, and returns what ends that.
 *
 * Counters and gauges are those of `wal.stats()`, which is called once per
 * collection. Counters count from the opening of the log. Histograms contain
 * each flush and each sync after this call, with bucket boundaries from 10 us
 * to 10 s. With a `tracer`, each flush becomes a span `wal.flush`, a trace of
 * its own, because it works for many callers. A flush that fails has neither;
 * it changes `syncline.wal.health`.
 *
 * The cost is one event per flush, and none per record. Call it once for an
 * open log; calls for different logs may share a meter. The log must be closed
 * as usual: observing it keeps nothing open.
 *
 * Throws `TypeError` for bad options.
 *
 * @example
 * ```ts
 * import { metrics } from "@opentelemetry/api";
 * import { Wal } from "@syncline/wal";
 * import { observeLog } from "@syncline/wal/opentelemetry";
 * import { MemoryStorage } from "@syncline/wal/storage";
 *
 * const wal = await Wal.open(new MemoryStorage());
 * const meter = metrics.getMeter("my-service");
 * const stop = observeLog(wal, { name: "orders", meter });
 * await wal.append("a record");
 * await wal.close();
 * stop();
 * ```
 */
export function observeLog(
  wal: Pick<Wal, "on" | "stats">,
  options: ObserveOptions,
): () => void {
  requireMethod(ACTION, "its first argument", wal, "stats");
  const { name, meter, tracer, attributes: more } = checkOptions(options);
  const attributes = { "syncline.wal.log": name, ...more };
  const spans = tracer && new FlushSpans(tracer, attributes);
  const record = makeHistograms(meter, attributes);
  const stopReading = readOnCollection(wal, meter, attributes);
  const stopSyncs = wal.on("sync", (sync) => {
    record("syncline.wal.sync.duration", sync.endedAt - sync.startedAt);
    spans?.synced(sync);
  });
  const stopFlushes = wal.on("flush", (flush) => {
    recordFlush(record, flush);
    spans?.add(flush);
  });
  return () => {
    stopReading();
    stopSyncs();
    stopFlushes();
  };
}

function checkOptions(options: ObserveOptions): ObserveOptions {
  requireOptions(ACTION, options, ["name", "meter", "tracer", "attributes"]);
  const { name, meter, tracer, attributes = {} } = options;
  requireType(ACTION, "name", name, "string");
  requireMethod(ACTION, "meter", meter, "addBatchObservableCallback");
  if (tracer !== undefined) {
    requireMethod(ACTION, "tracer", tracer, "startSpan");
  }
  if (typeof attributes !== "object" || attributes === null) {
    throw argumentError(ACTION, "attributes", "an object", attributes, false);
  }
  return options;
}

/** Counts a value in the histogram of a name; times are in ms. */
type Recorder = (name: HistogramName, value: number) => void;

function makeHistograms(
  meter: MeterLike,
  attributes: AttributesLike,
): Recorder {
  const histograms = new Map(
    HISTOGRAMS.map(({ name, boundaries, ...options }) => {
      const advice = { explicitBucketBoundaries: [...boundaries] };
      const histogram = meter.createHistogram(name, { ...options, advice });
      return [name, { histogram, perUnit: options.unit === "s" ? 1000 : 1 }];
    }),
  );
  return (name, value) => {
    const { histogram, perUnit } = histograms.get(name)!;
    // An SDK drops what a clock that was set back makes negative.
    histogram.record(value > 0 ? value / perUnit : 0, attributes);
  };
}

function recordFlush(record: Recorder, flush: FlushReport): void {
  const { oldestAt, startedAt, writtenAt, endedAt, wakeMs } = flush;
  record("syncline.wal.queue.duration", startedAt - oldestAt);
  record("syncline.wal.write.duration", writtenAt - startedAt);
  record("syncline.wal.ack.duration", endedAt - oldestAt);
  if (wakeMs !== undefined) record("syncline.wal.wake.duration", wakeMs);
  record("syncline.wal.flush.records", flush.records);
  record("syncline.wal.flush.size", flush.bytes);
}

function readOnCollection(
  wal: Pick<Wal, "stats">,
  meter: MeterLike,
  attributes: AttributesLike,
): () => void {
  const instruments = READINGS.map(({ kind, name, read, ...options }) => ({
    observable: meter[`createObservable${kind}`](name, options),
    read,
  }));
  const observables = instruments.map(({ observable }) => observable);
  const observe = (result: ObservableResultLike) => {
    const stats = wal.stats();
    for (const { observable, read } of instruments) {
      for (const [value, more] of read(stats)) {
        result.observe(observable, value, { ...attributes, ...more });
      }
    }
  };
  meter.addBatchObservableCallback(observe, observables);
  return () => meter.removeBatchObservableCallback(observe, observables);
}
