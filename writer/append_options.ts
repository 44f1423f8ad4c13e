import {
  argumentError,
  mustBe,
  requireInteger,
  requireOptions,
  requireSignal,
  requireType,
} from "../argument.ts";
import { MAX_META_BYTES } from "../storage/format/mod.ts";
import { type AckLevel, requireAckLevel } from "./acks.ts";
import type { Demands } from "./record.ts";

/** Options of an append. */
export interface AppendOptions {
  /**
   * What must be true when the promise resolves; `"remote"` means that the
   * record is on disk here, and in the replica that is attached. Without one it
   * is refused. Default: the log's level, which is `"disk"` unless `synchronous`
   * lowers it.
   */
  ack?: AckLevel | "remote" | undefined;
  /**
   * The LSN that the record, or the first one of a batch, must get: an integer
   * of at least 1. If it would get another one, nothing is appended and the call
   * rejects with `ConflictError`. Default: any.
   */
  expect?: number | undefined;
  /**
   * Gives up the append. A record that still waits for room in the queue never
   * appears, and the call rejects with the signal's reason. Once it has a place,
   * it stays, and the call rejects with `AppendAbortedError`.
   */
  signal?: AbortSignal | undefined;
  /**
   * The log's new metadata, of at most 4096 bytes, which become durable
   * together with the records: a crash keeps both or neither. See `Wal.meta`.
   * The frame ends with these records. Default: the metadata stay.
   */
  meta?: Uint8Array | string | undefined;
  /**
   * Whether to resolve with a receipt, which says in which flush the records
   * were and how long it took. It comes right after the acks of its flush, even
   * those of later records. Not with `ack: "memory"`. Default: false.
   */
  receipt?: false | undefined;
}

/** Options of an append that wants a receipt. */
export type ReceiptOptions = Omit<AppendOptions, "receipt"> & {
  /** Whether to resolve with a receipt. */
  receipt: true;
};

/** Options of `enqueue`. */
export interface EnqueueOptions {
  /**
   * The level that the record is meant to reach: one of `"disk"` makes its
   * batch be synced, without a call of `settled`. Default: the log's level.
   */
  ack?: AckLevel | undefined;
}

/** Options of calls that wait for records appended before. */
export interface WaitOptions {
  /** Ends the wait: the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options of `writable`. */
export interface WritableOptions {
  /** What must be true of all records when the stream has closed. */
  ack?: AckLevel | undefined;
  /**
   * Fails the stream with the signal's reason. A record that still waits for
   * room in the queue never appears.
   */
  signal?: AbortSignal | undefined;
}

const APPEND: readonly (keyof AppendOptions)[] = [
  ...["ack", "expect", "signal", "meta", "receipt"] as const,
];
const ENQUEUE: readonly (keyof EnqueueOptions)[] = ["ack"];
const WAIT: readonly (keyof WaitOptions)[] = ["signal"];
const WRITABLE: readonly (keyof WritableOptions)[] = ["ack", "signal"];

/** What an append asks for; `level` is that of the log. */
export function checkAppend(
  options: AppendOptions | ReceiptOptions,
  level: AckLevel,
): Demands & { receipt: boolean } {
  requireOptions("append", options, APPEND);
  const ack = checkAck("append", options, level);
  const receipt = checkReceipt(options, ack);
  const { expect, signal } = options;
  const meta = options.meta === undefined
    ? undefined
    : checkMeta("append", options.meta);
  if (expect !== undefined) requireInteger("append", "expect", expect);
  if (signal !== undefined) requireSignal("append", signal);
  return { level: ack, expect, signal, meta, receipt };
}

/** Whether an append wants a receipt: one is written once it is flushed. */
function checkReceipt(
  { receipt = false }: AppendOptions | ReceiptOptions,
  level: AckLevel,
): boolean {
  requireType("append", "receipt", receipt, "boolean");
  if (!receipt || level !== "memory") return receipt;
  const rule = 'false with ack: "memory", which waits for no flush';
  throw argumentError("append", "receipt", rule, receipt, false);
}

/** A copy of metadata as bytes. Throws `TypeError` or `RangeError`. */
export function checkMeta(
  action: string,
  meta: unknown,
): Uint8Array<ArrayBuffer> {
  const name = "its metadata";
  if (typeof meta !== "string" && !(meta instanceof Uint8Array)) {
    const rule = "a Uint8Array or a string";
    throw argumentError(action, name, rule, typeof meta, false);
  }
  const bytes = typeof meta === "string"
    ? new TextEncoder().encode(meta)
    : new Uint8Array(meta);
  const { length } = bytes;
  if (length <= MAX_META_BYTES) return bytes;
  const rule = `at most ${MAX_META_BYTES} bytes`;
  const fault = mustBe(name, rule, `${length} bytes`);
  throw new RangeError(`Cannot ${action} because ${fault}`);
}

/** The level of an `enqueue`. */
export function checkEnqueue(
  options: EnqueueOptions,
  level: AckLevel,
): AckLevel {
  requireOptions("enqueue", options, ENQUEUE);
  return checkAck("enqueue", options, level);
}

/**
 * The signal of a call that waits, if it has one. Throws its reason if it is
 * aborted already.
 */
export function checkWait(
  action: string,
  options: WaitOptions,
): AbortSignal | undefined {
  requireOptions(action, options, WAIT);
  const { signal } = options;
  if (signal === undefined) return undefined;
  requireSignal(action, signal);
  if (signal.aborted) throw signal.reason;
  return signal;
}

/** What a stream asks for, for each of its records. */
export function checkWritable(
  options: WritableOptions,
  level: AckLevel,
): Demands {
  const action = "make a stream";
  requireOptions(action, options, WRITABLE);
  const { signal } = options;
  if (signal !== undefined) requireSignal(action, signal);
  return { level: checkAck(action, options, level), signal };
}

function checkAck(
  action: string,
  { ack }: Pick<AppendOptions, "ack">,
  level: AckLevel,
): AckLevel {
  return ack === undefined ? level : requireAckLevel(action, "ack", ack);
}
