import type { StorageFile } from "./storage.ts";

/** One call on a `MemoryStorage`. */
export interface StorageCall {
  /** The method of the storage or the file. */
  readonly operation:
    | "lock"
    | "list"
    | "create"
    | "open"
    | "rename"
    | "remove"
    | "syncDirectory"
    | "write"
    | "read"
    | "datasync";
  /** The file's name; empty for the directory. */
  readonly file: string;
}

/** Picks an integer from 0 up to, but not including, `choices`. */
export type Choose = (choices: number) => number;

interface Write {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly lost: boolean;
}

/** The bytes of a file: as synced, as written since, as a reader sees them. */
export interface Content {
  synced: Uint8Array;
  pending: Write[];
  seen: Uint8Array;
}

const SECTOR_BYTES = 512;

/** Content of a file that was just made. */
export function emptyContent(): Content {
  return { synced: new Uint8Array(), pending: [], seen: new Uint8Array() };
}

/** A handle on a file's content. */
export class MemoryFile implements StorageFile {
  readonly #name: string;
  readonly #content: Content;
  readonly #onCall: (call: StorageCall) => void;

  constructor(
    name: string,
    content: Content,
    onCall: (call: StorageCall) => void,
  ) {
    this.#name = name;
    this.#content = content;
    this.#onCall = onCall;
  }

  write(bytes: Uint8Array, offset: number): number {
    this.#onCall({ operation: "write", file: this.#name });
    const copy = bytes.slice();
    this.#content.pending.push({ offset, bytes: copy, lost: false });
    this.#content.seen = overlay(this.#content.seen, offset, copy);
    return bytes.length;
  }

  read(into: Uint8Array, offset: number): number {
    this.#onCall({ operation: "read", file: this.#name });
    const part = this.#content.seen.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }

  size(): number {
    return this.#content.seen.length;
  }

  datasync(): void {
    const content = this.#content;
    try {
      this.#onCall({ operation: "datasync", file: this.#name });
    } catch (error) {
      content.pending = content.pending.map((write) => ({
        ...write,
        lost: true,
      }));
      throw error;
    }
    for (const { offset, bytes, lost } of content.pending) {
      if (!lost) content.synced = overlay(content.synced, offset, bytes);
    }
    content.pending = content.pending.filter(({ lost }) => lost);
  }

  close(): void {}
}

/** What a crash leaves of a file; see the fault model in memory_storage.ts. */
export function survive(content: Content, choose: Choose): Uint8Array {
  let bytes = content.synced;
  for (const { offset, bytes: written } of content.pending) {
    const fate = choose(3);
    if (fate === 0) continue;
    if (fate === 1) bytes = overlay(bytes, offset, written);
    else bytes = tear(bytes, offset, written, choose);
  }
  return bytes;
}

function tear(
  before: Uint8Array,
  offset: number,
  written: Uint8Array,
  choose: Choose,
): Uint8Array {
  let bytes = before;
  let at = 0;
  while (at < written.length) {
    const end = SECTOR_BYTES - (offset + at) % SECTOR_BYTES + at;
    const part = written.subarray(at, end);
    const fate = choose(3);
    if (fate === 1) bytes = overlay(bytes, offset + at, part);
    if (fate === 2) {
      const garbled = part.map((byte) => byte ^ choose(256));
      bytes = overlay(bytes, offset + at, garbled);
    }
    at = end;
  }
  return bytes;
}

function overlay(
  base: Uint8Array,
  offset: number,
  bytes: Uint8Array,
): Uint8Array {
  const result = resize(base, Math.max(base.length, offset + bytes.length));
  result.set(bytes, offset);
  return result;
}

function resize(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(bytes.subarray(0, size));
  return result;
}
