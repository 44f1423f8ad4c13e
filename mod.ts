/**
 * A write-ahead log for Deno, Node and Bun: ordered, durable records, gathered
 * into frames by a pluggable policy, one write and one sync a frame.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 *
 * await using wal = await Wal.open("./my-log");
 * const lsn = await wal.append("a record"); // on disk when it resolves
 * for await (const record of wal.read({ from: lsn })) {
 *   console.log(record.lsn, new TextDecoder().decode(record.data));
 * }
 * ```
 *
 * @module
 */
export type { AckLevel } from "./ack_level.ts";
export * from "./append_options.ts";
export * from "./clock.ts";
export * from "./log_closed_error.ts";
export * from "./log_failed_error.ts";
export * from "./log_record.ts";
export { LsnExhaustedError } from "./lsn_exhausted_error.ts";
export type { LsnRange } from "./lsn_range.ts";
export type { WalTarget } from "./open_frame_log.ts";
export * from "./policies/mod.ts";
export * from "./queue_full_error.ts";
export * from "./read_options.ts";
export * from "./record_too_large_error.ts";
export * from "./recovery/mod.ts";
export * from "./storage/mod.ts";
export type { Synchronous } from "./synchronous.ts";
export type { TraceOptions } from "./trace/trace_options.ts";
export * from "./wal.ts";
export type { WalOptions } from "./wal_options.ts";
