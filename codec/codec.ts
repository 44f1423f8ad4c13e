import type { RecordInput } from "../writer/record.ts";

/**
 * Turns the values of a program into records, and back.
 *
 * The log calls both once per record, and neither may return a promise. What
 * they throw is the `cause` of an `EncodeError` or a `DecodeError`.
 *
 * @example Numbers, in 8 bytes each
 * ```ts
 * import { type Codec, Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const numbers: Codec<number> = {
 *   encode: (value) => new Uint8Array(Float64Array.of(value).buffer),
 *   decode: ({ buffer, byteOffset }) =>
 *     new DataView(buffer, byteOffset).getFloat64(0, true),
 * };
 * const wal = await Wal.open(new MemoryStorage(), { codec: numbers });
 * const lsn = await wal.append(0.5);
 * assert.equal((await wal.get(lsn))?.data, 0.5);
 * await wal.close();
 * ```
 */
export interface Codec<In, Out = In> {
  /**
   * What to append for a value. The result is copied before the append returns;
   * until then it must not change, not even when the next value of a batch is
   * encoded.
   */
  readonly encode: (value: In) => RecordInput;
  /**
   * The value of a record. Its bytes share memory with other records: a value
   * that keeps them should copy them.
   */
  readonly decode: (bytes: Uint8Array<ArrayBuffer>) => Out;
}

/** A value has no encoding; nothing was appended. */
export class EncodeError extends Error {
  /** The class's name. */
  override readonly name = "EncodeError";

  /** Thrown by calls that append; `cause` is what the codec threw. */
  constructor(cause: unknown) {
    super(
      `Cannot append a value because its codec failed: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** A record is not what the codec of the log can decode. */
export class DecodeError extends Error {
  /** The class's name. */
  override readonly name = "DecodeError";

  /** Thrown by calls that read; `cause` is what the codec threw. */
  constructor(
    /** LSN of the record. */
    readonly lsn: number,
    cause: unknown,
  ) {
    super(
      `Cannot decode record ${lsn} because its codec failed: ` +
        messageOf(cause),
      { cause },
    );
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Encodes `value`, or throws `EncodeError`. */
export function encodeWith<In>(
  codec: Pick<Codec<In, unknown>, "encode">,
  value: In,
): RecordInput {
  try {
    return codec.encode(value);
  } catch (error) {
    throw new EncodeError(error);
  }
}

/** How to decode the bytes of record `lsn`; it throws `DecodeError`. */
export function decoderOf<Out>(
  codec: Pick<Codec<never, Out>, "decode">,
): (bytes: Uint8Array<ArrayBuffer>, lsn: number) => Out {
  return (bytes, lsn) => {
    try {
      return codec.decode(bytes);
    } catch (error) {
      throw new DecodeError(lsn, error);
    }
  };
}
