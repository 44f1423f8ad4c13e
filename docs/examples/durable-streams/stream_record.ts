import type { Codec } from "@syncline/wal";

/** Which producer sent a message: a retry sends the same three again. */
export interface ProducerMark {
  /** The producer's own name. */
  readonly id: string;
  /** Counts the lives of a producer; an older one is refused. */
  readonly epoch: number;
  /** Counts the messages of an epoch: 0, 1, 2, … */
  readonly seq: number;
}

/** What a stream is created with. */
export interface StreamConfig {
  /** The path of its URL. */
  readonly path: string;
  /** Its media type, exactly as sent. */
  readonly contentType: string;
  /** How long it lives after the last access, in seconds. */
  readonly ttlSeconds?: number | undefined;
  /** When it ends, exactly as sent. */
  readonly expiresAt?: string | undefined;
  /** Number of the stream that it is a fork of. */
  readonly source?: number | undefined;
  /** Path of that stream. */
  readonly forkedFrom?: string | undefined;
  /** Position in the source at which the fork begins. */
  readonly forkPosition?: number | undefined;
  /** How much of the next message the fork has, exactly as sent. */
  readonly forkSubOffset?: number | undefined;
  /** Whether it was created without being open to appends. */
  readonly isClosed?: boolean | undefined;
}

/** What an append says apart from its bytes. Most have none of it. */
export interface AppendMarks {
  /** For `Stream-Seq`: the last one, compared as text. */
  readonly seq?: string | undefined;
  /** Which message of which producer it is. */
  readonly producer?: ProducerMark | undefined;
  /** Whether the stream is closed by it. */
  readonly closes?: boolean | undefined;
}

/** One record of the log. `stream` is the number of the stream it is about. */
export type StreamRecord =
  | {
    readonly kind: "create";
    readonly stream: number;
    readonly config: StreamConfig;
  }
  | {
    readonly kind: "append";
    readonly stream: number;
    readonly data: Uint8Array;
    readonly marks?: AppendMarks | undefined;
  }
  | {
    readonly kind: "close";
    readonly stream: number;
    readonly producer?: ProducerMark | undefined;
  }
  | { readonly kind: "delete"; readonly stream: number };

const KINDS = ["create", "append", "close", "delete"] as const;

/** Bytes before the header: kind, stream, length of the header. */
const PREFIX = 9;
const NO_BYTES = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Records as bytes: the kind (1), the number of the stream (4, little endian),
 * the length of the header (4), the header as JSON if there is one, and then,
 * in an append, the message as it was sent. A decoded message shares memory with
 * other records.
 */
export const streamRecords: Codec<StreamRecord> = {
  encode(record) {
    const header = headerOf(record);
    const json = header === undefined
      ? NO_BYTES
      : encoder.encode(JSON.stringify(header));
    const data = record.kind === "append" ? record.data : NO_BYTES;
    const bytes = new Uint8Array(PREFIX + json.length + data.length);
    bytes[0] = KINDS.indexOf(record.kind);
    putUint32(bytes, 1, record.stream);
    putUint32(bytes, 5, json.length);
    bytes.set(json, PREFIX);
    bytes.set(data, PREFIX + json.length);
    return bytes;
  },
  decode(bytes) {
    const kind = KINDS[bytes[0]];
    const stream = getUint32(bytes, 1);
    const dataAt = PREFIX + getUint32(bytes, 5);
    const header = dataAt === PREFIX
      ? undefined
      : JSON.parse(decoder.decode(bytes.subarray(PREFIX, dataAt)));
    switch (kind) {
      case "create":
        return { kind, stream, config: header };
      case "append":
        return { kind, stream, data: bytes.subarray(dataAt), marks: header };
      case "close":
        return { kind, stream, producer: header };
      case "delete":
        return { kind, stream };
      default:
        throw new Error(`the kind of the record is ${bytes[0]}`);
    }
  },
};

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> 8 * i;
}

function getUint32(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = value * 256 + bytes[at + i];
  return value;
}

function headerOf(record: StreamRecord): object | undefined {
  switch (record.kind) {
    case "create":
      return record.config;
    case "append":
      return record.marks;
    case "close":
      return record.producer;
    case "delete":
      return undefined;
  }
}
