import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { crc32, type SnapshotName } from "../storage/format/mod.ts";
import {
  decodeSnapshotHeader,
  SNAPSHOT_HEADER_BYTES,
  type SnapshotHeader,
} from "../storage/format/companions/mod.ts";
import { readFully } from "../storage/segments/mod.ts";
import type { Storage, StorageFile } from "../storage/storage.ts";
import { Pace } from "../storage/turns.ts";

/** Bytes that are read at once. */
const WINDOW_BYTES = 256 * 1024;

/**
 * A snapshot to restore from, checked as a whole before it is handed over. It
 * can be read, more than once, until the function that received it is done.
 */
export interface Snapshot extends AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** LSN of the last record that it covers; 0 if it covers none. */
  readonly lsn: number;
  /** Bytes of its content. */
  readonly size: number;
  /** Why newer snapshots were passed over; usually empty. */
  readonly skipped: readonly string[];
  /**
   * Its content in pieces of up to 256 KiB, read as they are taken. Fails with
   * `CorruptLogError` at the end if the file has changed since it was checked.
   */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** All of its content. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** All of its content, decoded as UTF-8. */
  text(): Promise<string>;
}

/** An open file of a snapshot, or why it cannot be used. */
export class SnapshotFile {
  /** The path, for messages. */
  readonly path: string;
  /** What the file says about itself. */
  readonly header: SnapshotHeader;
  readonly #file: StorageFile;
  readonly #pace = new Pace();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string, header: SnapshotHeader, file: StorageFile) {
    this.path = path;
    this.header = header;
    this.#file = file;
  }

  /**
   * Opens a snapshot and checks its header and its size; returns why it cannot
   * be used if one of them is wrong.
   */
  static async open(
    files: Storage,
    { name, lsn, epoch }: SnapshotName,
  ): Promise<SnapshotFile | string> {
    const file = await files.open(name, "read");
    const refuse = async (reason: string) => {
      await file.close();
      return `it is damaged (${reason})`;
    };
    try {
      const bytes = await readFully(file, 0, SNAPSHOT_HEADER_BYTES);
      const header = decodeSnapshotHeader(bytes);
      if ("fault" in header) {
        const { fault, expected, found } = header;
        return refuse(`${fault}: expected ${expected}, found ${found}`);
      }
      if (header.lsn !== lsn || header.epoch !== epoch) {
        return refuse(`it says that it is ${header.lsn}-${header.epoch}`);
      }
      const size = await file.size() - SNAPSHOT_HEADER_BYTES;
      if (size === header.length) {
        return new SnapshotFile(`${files.location}/${name}`, header, file);
      }
      return refuse(`length: expected ${header.length} bytes, found ${size}`);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Reads everything once; returns what is wrong, if anything is. */
  async check(): Promise<string | undefined> {
    try {
      for await (const _ of this.read());
    } catch (error) {
      if (!(error instanceof CorruptLogError)) throw error;
      return `it is damaged (${error.reason})`;
    }
  }

  /** The content, in pieces; throws at the end if it is damaged. */
  async *read(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const { length, checksum } = this.header;
    let found = 0;
    for (let at = 0; at < length;) {
      const wanted = Math.min(WINDOW_BYTES, length - at);
      const piece = await this.#readAt(SNAPSHOT_HEADER_BYTES + at, wanted);
      found = crc32(piece, found);
      if (piece.length < wanted) break;
      at += piece.length;
      await this.#pace.spend(piece.length);
      yield piece;
    }
    if (found === checksum) return;
    const reason = `content checksum: expected ${checksum}, found ${found}`;
    throw new CorruptLogError(this.path, SNAPSHOT_HEADER_BYTES, reason);
  }

  /** What is handed to the caller. */
  show(skipped: readonly string[]): Snapshot {
    const { lsn, length } = this.header;
    const read = () => this.read();
    const bytes = () => joined(read(), length);
    return {
      lsn,
      size: length,
      skipped,
      stream: () => streamOf(read()),
      bytes,
      text: async () => new TextDecoder().decode(await bytes()),
      [Symbol.asyncIterator]: read,
    };
  }

  /** Closes the file, once no call is in progress. */
  async close(): Promise<void> {
    await this.#turn;
    await this.#file.close();
  }

  /** One call at a time, even if several read at once. */
  #readAt(offset: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const run = this.#turn.then(() => readFully(this.#file, offset, bytes));
    this.#turn = run.catch(() => {});
    return run as Promise<Uint8Array<ArrayBuffer>>;
  }
}

async function joined(
  pieces: AsyncIterable<Uint8Array>,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(length);
  let at = 0;
  for await (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A web stream of pieces, which takes one when it is asked for one. */
export function streamOf(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  }, { highWaterMark: 0 });
}
