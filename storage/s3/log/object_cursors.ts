import { CorruptLogError } from "../../corrupt_log_error.ts";
import type { CursorEntry, CursorStore } from "../../cursor_store.ts";
import { crc32 } from "../../format/mod.ts";
import type { ObjectStore } from "../object_store.ts";

/*
 * Each commit is an object, `c/<name>/<its number>`, created on condition that
 * there is none: one of several consumers succeeds.
 *
 *  0          4
 *  +----------+---------+   The checksum covers the log's id, the key, and the
 *  | checksum | content |   content.
 *  +----------+---------+
 */

/** What the keys of all commits begin with. */
const ROOT = "c/";

/** Bytes before the content. */
const HEADER_BYTES = 4;

/** Options of {@linkcode ObjectCursors}. */
export interface ObjectCursorsOptions {
  /** The log's id. */
  readonly log: string;
  /** A random word that no other `ObjectCursors` has, for the objects' ids. */
  readonly token: string;
}

/**
 * Durable cursors on an object store. A commit costs a conditional create and a
 * listing; older commits are removed.
 *
 * The listing is what a number alone cannot tell: a consumer that was paused may
 * find its number free again, because the commit of another one with that number
 * was removed after a later one.
 */
export class ObjectCursors implements CursorStore {
  readonly #store: ObjectStore;
  readonly #log: string;
  readonly #token: string;
  #calls = 0;

  /** Makes no call. `store` repeats calls that fail. */
  constructor(store: ObjectStore, { log, token }: ObjectCursorsOptions) {
    this.#store = store;
    this.#log = log;
    this.#token = token;
  }

  /** The newest commit to cursor `name`; `undefined` if there is none. */
  async read(name: string): Promise<CursorEntry | undefined> {
    // Each turn after the first one is due to a commit since the last one.
    for (;;) {
      const sequence = (await this.#sequences(name)).at(-1);
      if (sequence === undefined) return undefined;
      const content = await this.#get(name, sequence);
      if (content !== undefined) return { sequence, content };
    }
  }

  /** Makes a commit, as {@linkcode CursorStore} says. */
  async commit(name: string, entry: CursorEntry): Promise<boolean> {
    const { sequence, content } = entry;
    const key = keyOf(name, sequence);
    const made = await this.#store.create(key, this.#encode(key, content), {
      id: `${this.#token}-c${++this.#calls}`,
    });
    if (made === "exists") {
      const there = await this.#get(name, sequence);
      if (there === undefined || !isEqual(there, content)) return false;
    }
    const sequences = await this.#sequences(name);
    if (sequences.some((other) => other > sequence)) return false;
    await this.#remove(name, sequences.filter((other) => other < sequence));
    return true;
  }

  /** The names of all cursors. */
  async list(): Promise<string[]> {
    const names = new Set<string>();
    for await (const key of this.#keys(ROOT)) names.add(key.split("/")[1]);
    return [...names];
  }

  /** The numbers of the commits that are there, in ascending order. */
  async #sequences(name: string): Promise<number[]> {
    const prefix = `${ROOT}${name}/`;
    const found: number[] = [];
    for await (const key of this.#keys(prefix)) {
      const sequence = Number(key.slice(prefix.length));
      if (keyOf(name, sequence) === key) found.push(sequence);
    }
    return found;
  }

  async *#keys(prefix: string): AsyncGenerator<string> {
    let after = "";
    for (let isTruncated = true; isTruncated;) {
      const page = await this.#store.list({ prefix, after });
      for (const { key } of page.objects) yield after = key;
      isTruncated = page.isTruncated;
    }
  }

  /** The commit is made; what cannot be removed goes with the next one. */
  async #remove(name: string, sequences: readonly number[]): Promise<void> {
    await Promise.allSettled(
      sequences.map((sequence) => this.#store.remove(keyOf(name, sequence))),
    );
  }

  async #get(name: string, sequence: number): Promise<Uint8Array | undefined> {
    const key = keyOf(name, sequence);
    const object = await this.#store.get(key);
    if (object === undefined) return undefined;
    const { bytes } = object;
    const content = bytes.subarray(HEADER_BYTES);
    const expected = this.#checksum(key, content);
    const found = bytes.length < HEADER_BYTES
      ? "none"
      : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    if (found === expected) return content;
    const path = `${this.#store.location}/${key}`;
    const reason = `checksum: expected ${expected}, found ${found}`;
    throw new CorruptLogError(path, 0, reason);
  }

  #encode(key: string, content: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(HEADER_BYTES + content.length);
    const checksum = this.#checksum(key, content);
    new DataView(bytes.buffer).setUint32(0, checksum, true);
    bytes.set(content, HEADER_BYTES);
    return bytes;
  }

  #checksum(key: string, content: Uint8Array): number {
    return crc32(content, crc32(new TextEncoder().encode(this.#log + key)));
  }
}

function keyOf(name: string, sequence: number): string {
  return `${ROOT}${name}/${String(sequence).padStart(16, "0")}`;
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length &&
    one.every((byte, index) => byte === other[index]);
}
