/**
 * Metrics of a log by the `Meter` of OpenTelemetry, and a span for each flush on
 * request. It loads no package: the meter and the tracer are yours.
 *
 * ```ts
 * import { metrics, trace } from "@opentelemetry/api";
 * import { Wal } from "@syncline/wal";
 * import { observeLog } from "@syncline/wal/opentelemetry";
 * import { MemoryStorage } from "@syncline/wal/storage";
 *
 * const wal = await Wal.open(new MemoryStorage());
 * const stop = observeLog(wal, {
 *   name: "orders",
 *   meter: metrics.getMeter("my-service"),
 *   tracer: trace.getTracer("my-service"), // only if you want spans
 * });
 * await wal.append("a record");
 * await wal.close();
 * stop();
 * ```
 *
 * - {@linkcode observeLog} reports a log until the function that it returns is
 *   called; {@linkcode ObserveOptions} has its name, meter and tracer.
 * - {@linkcode MeterLike} and {@linkcode TracerLike}: what it uses of them, so that
 *   any version of the API will do.
 *
 * **Limits.** Counters and gauges are read once per collection; histograms
 * contain each flush and sync from the call on. A flush that fails has no span. A
 * busy log makes thousands of flushes per second: let the SDK sample.
 *
 * **Read next:** [OpenTelemetry](https://github.com/syncline/wal/blob/main/docs/opentelemetry.md), with all names and a
 * dashboard, and [Monitoring](https://github.com/syncline/wal/blob/main/docs/monitoring.md) without it.
 *
 * @module
 */
export * from "./observe_log.ts";
export type * from "./meter_like.ts";
