import { argumentError } from "../argument.ts";
import { crc32, formatSnapshotName } from "../storage/format/mod.ts";
import {
  encodeSnapshotHeader,
  SNAPSHOT_HEADER_BYTES,
  type SnapshotHeader,
} from "../storage/format/companions/mod.ts";
import { removeQuietly } from "../storage/segments/mod.ts";
import {
  type Storage,
  type StorageFile,
  writeAll,
} from "../storage/storage.ts";
import { explainFull } from "../storage/storage_error.ts";
import { Pace } from "../storage/turns.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";

/** A piece of a snapshot; a string is encoded as UTF-8. */
export type SnapshotChunk = Uint8Array | string;

/** A snapshot's content, as a whole or in pieces, which are joined. */
export type SnapshotContent =
  | SnapshotChunk
  | Iterable<SnapshotChunk>
  | AsyncIterable<SnapshotChunk>
  | ReadableStream<SnapshotChunk>;

/** Bytes that are gathered before they are written, and written at once. */
const WINDOW_BYTES = 256 * 1024;

const encoder = new TextEncoder();

/**
 * Writes a snapshot next to the log, and resolves with the bytes of its content;
 * it is whole and durable then. If it rejects, nothing of it remains.
 *
 * Pieces are taken one at a time, and only once the last one is written. If
 * `closing` is aborted meanwhile, it rejects with `LogClosedError`.
 */
export async function writeSnapshot(
  files: Storage,
  about: Pick<SnapshotHeader, "log" | "epoch" | "lsn">,
  content: SnapshotContent | Promise<SnapshotContent>,
  closing: AbortSignal,
): Promise<number> {
  const name = formatSnapshotName(about.lsn, about.epoch);
  const temporary = `${name}.tmp`;
  // One that could not be removed after an earlier failure.
  await removeQuietly(files, temporary);
  let length: number;
  try {
    const file = await openNew(files, temporary, content);
    try {
      const writer = new SnapshotWriter(file);
      await drain(content, writer, closing);
      const { checksum } = await writer.end();
      length = writer.length;
      const header = encodeSnapshotHeader({ ...about, length, checksum });
      await writeAll(file, header, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    // Only this owner has this name, and at most an older one is replaced.
    await files.rename(temporary, name);
  } catch (error) {
    await removeQuietly(files, temporary);
    throw explainFull(error);
  }
  await files.syncDirectory();
  return length;
}

/** Creates the file; if that fails, ends what was to fill it. */
async function openNew(
  files: Storage,
  name: string,
  content: SnapshotContent | Promise<SnapshotContent>,
): Promise<StorageFile> {
  try {
    return await files.open(name, "create");
  } catch (error) {
    const end = async () => void await piecesOf(await content).return?.();
    end().catch(() => {});
    throw error;
  }
}

/** Writes a snapshot's content in large pieces, and sums it up. */
class SnapshotWriter {
  /** Bytes so far. */
  length = 0;
  readonly #file: StorageFile;
  readonly #pace = new Pace();
  readonly #buffer = new Uint8Array(WINDOW_BYTES);
  #filled = 0;
  #offset = SNAPSHOT_HEADER_BYTES;
  #checksum = 0;
  /** The first half of a character that a string ended with. */
  #half = "";

  constructor(file: StorageFile) {
    this.#file = file;
  }

  /** Adds a piece. */
  async add(chunk: SnapshotChunk): Promise<void> {
    if (typeof chunk !== "string") {
      await this.#endText();
      return await this.#addBytes(chunk);
    }
    const text = this.#half + chunk;
    const isCut = /[\ud800-\udbff]$/.test(text);
    this.#half = isCut ? text.slice(-1) : "";
    const whole = isCut ? text.slice(0, -1) : text;
    await this.#addBytes(encoder.encode(whole));
  }

  /** Writes what is left; resolves with the checksum of everything. */
  async end(): Promise<{ checksum: number }> {
    await this.#endText();
    await this.#write(this.#buffer.subarray(0, this.#filled));
    return { checksum: this.#checksum };
  }

  async #endText(): Promise<void> {
    const half = this.#half;
    this.#half = "";
    await this.#addBytes(encoder.encode(half));
  }

  async #addBytes(bytes: Uint8Array): Promise<void> {
    this.length += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const room = WINDOW_BYTES - this.#filled;
      const piece = bytes.subarray(at, at + room);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled < WINDOW_BYTES) continue;
      await this.#write(this.#buffer);
      this.#filled = 0;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.#checksum = crc32(bytes, this.#checksum);
    await writeAll(this.#file, bytes, this.#offset);
    this.#offset += bytes.length;
    await this.#pace.spend(bytes.length);
  }
}

/** Passes all pieces to `writer`, unless the log closes. */
async function drain(
  content: SnapshotContent | Promise<SnapshotContent>,
  writer: SnapshotWriter,
  closing: AbortSignal,
): Promise<void> {
  const end = endOf(closing);
  let pieces: Pieces | undefined;
  let isOver = false;
  try {
    pieces = piecesOf(await end.or(content));
    while (true) {
      const { done, value } = await end.or(pieces.next());
      isOver = done === true;
      if (isOver) return;
      await writer.add(requireChunk(value));
    }
  } finally {
    end.forget();
    // Not awaited: a source that hangs must not keep the log from closing.
    if (!isOver) Promise.resolve(pieces?.return?.()).catch(() => {});
  }
}

/** What `drain` needs of an iterator, or of a stream's reader. */
interface Pieces {
  next(): MaybeLater<{ done?: boolean | undefined; value?: unknown }>;
  return?(): unknown;
}

type MaybeLater<T> = T | Promise<T>;

/** Lets a call end if the log closes. */
function endOf(closing: AbortSignal) {
  let refuse: (error: Error) => void = () => {};
  const closed = new Promise<never>((_, reject) => refuse = reject);
  closed.catch(() => {}); // Nobody may be waiting.
  const onAbort = () => refuse(new LogClosedError("checkpoint"));
  if (closing.aborted) onAbort();
  closing.addEventListener("abort", onAbort);
  return {
    or: <T>(call: MaybeLater<T>): Promise<T> => Promise.race([closed, call]),
    forget: () => closing.removeEventListener("abort", onAbort),
  };
}

function piecesOf(content: SnapshotContent): Pieces {
  if (isChunk(content)) return [content].values();
  if (typeof content === "object" && content !== null) {
    if (Symbol.asyncIterator in content) {
      return content[Symbol.asyncIterator]();
    }
    if (Symbol.iterator in content) return content[Symbol.iterator]();
    // Not every runtime can iterate over a stream.
    if (typeof (content as ReadableStream).getReader === "function") {
      const reader = (content as ReadableStream<SnapshotChunk>).getReader();
      return {
        next: () => reader.read(),
        return: () => reader.cancel(),
      };
    }
  }
  const rule = "bytes, a string, an iterable of those, or a ReadableStream";
  throw argumentError("checkpoint", "its content", rule, content, false);
}

function requireChunk(value: unknown): SnapshotChunk {
  if (isChunk(value)) return value;
  const rule = "a Uint8Array or a string";
  throw argumentError("checkpoint", "a piece", rule, value, false);
}

function isChunk(value: unknown): value is SnapshotChunk {
  return typeof value === "string" || value instanceof Uint8Array;
}
