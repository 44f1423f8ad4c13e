/**
 * Metrics of a log by the `Meter` of OpenTelemetry, and a span for each flush on
 * request. It loads no package: the meter and the tracer are yours.
 *
 * @example
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
 * @module
 */
export * from "./observe_log.ts";
export type * from "./meter_like.ts";
