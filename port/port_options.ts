import { requireInteger, requireMethod, requireOptions } from "../argument.ts";
import type { Codec } from "../codec/codec.ts";
import type { ReadBatchesOptions } from "../reader/reads.ts";
import { type AckLevel, requireAckLevel } from "../writer/acks.ts";
import { checkEnqueue, type EnqueueOptions } from "../writer/append_options.ts";
import type { RecordInput } from "../writer/record.ts";
import type { WindowBounds } from "./outbox.ts";
import { LEVELS } from "./protocol.ts";

/** Options of {@linkcode WalPort}. */
export interface WalPortOptions<
  In = RecordInput,
  Out = Uint8Array<ArrayBuffer>,
> {
  /** Turns values into records and back, in this thread. Default: none. */
  codec?: Codec<In, Out> | undefined;
  /**
   * Maximum bytes of records, with 4 for each, that may wait for their
   * acknowledgement, an integer of at least 1. Default: 64 MiB.
   */
  maxWaitingBytes?: number | undefined;
  /** Maximum number of those records, at least 1. Default: 100,000. */
  maxWaitingRecords?: number | undefined;
}

/** Options of an append by a port. */
export interface PortAppendOptions {
  /**
   * What must be true when the promise resolves. Default: the level of the log.
   */
  ack?: AckLevel | undefined;
  /**
   * The LSN that the record, or the first one of a batch, must get: an integer
   * of at least 1. Otherwise nothing is appended, and the call rejects with
   * `ConflictError`. Default: any.
   */
  expect?: number | undefined;
}

/** Which records to read, by a port. */
export type PortReadOptions = ReadBatchesOptions;

const OPTIONS: readonly (keyof WalPortOptions)[] = [
  ...["codec", "maxWaitingBytes", "maxWaitingRecords"] as const,
];
const APPEND: readonly (keyof PortAppendOptions)[] = ["ack", "expect"];
/** The names of the options of a read. */
export const READ: readonly (keyof PortReadOptions)[] = [
  ...["from", "to", "since", "signal"] as const,
];

/** The number of the level of the log, whatever it is. */
export const LOGS_LEVEL: number = LEVELS.indexOf(undefined);

/** Options of a port, with defaults. Throws `TypeError` or `RangeError`. */
export function checkPort<In, Out>(
  action: string,
  options: WalPortOptions<In, Out>,
): WindowBounds & { readonly codec: Codec<In, Out> | undefined } {
  requireOptions(action, options, OPTIONS);
  const {
    codec,
    maxWaitingBytes = 64 * 1024 * 1024,
    maxWaitingRecords = 100_000,
  } = options;
  requireInteger(action, "maxWaitingBytes", maxWaitingBytes);
  requireInteger(action, "maxWaitingRecords", maxWaitingRecords);
  if (codec !== undefined) {
    requireMethod(action, "codec", codec, "encode");
    requireMethod(action, "codec", codec, "decode");
  }
  return { codec, maxWaitingBytes, maxWaitingRecords };
}

/** What an append asks for, with the level as a number. */
export function checkPortAppend(
  options: PortAppendOptions | undefined,
): { level: number; expect?: number | undefined } {
  if (options === undefined) return { level: LOGS_LEVEL };
  requireOptions("append", options, APPEND);
  const { ack, expect } = options;
  if (ack !== undefined) requireAckLevel("append", "ack", ack);
  if (expect !== undefined) requireInteger("append", "expect", expect);
  return { level: numberOf(ack), expect };
}

/** The number of a level; that of the log if it is absent. */
export function numberOf(level: AckLevel | undefined): number {
  return LEVELS.indexOf(level);
}

/** The number of the level that an `enqueue` asks for. */
export function checkPortEnqueue(options: EnqueueOptions): number {
  const level = checkEnqueue(options, "disk");
  return options.ack === undefined ? LOGS_LEVEL : numberOf(level);
}
