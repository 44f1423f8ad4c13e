import {
  type MaybePromise,
  requireDone,
  type StorageFile,
} from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import type { MemoryContent } from "./memory_content.ts";

/** One call on a `MemoryStorage`. */
export interface StorageCall {
  /** The method of the storage or the file that was called. */
  readonly operation:
    | "lock"
    | "list"
    | "create"
    | "open"
    | "link"
    | "rename"
    | "remove"
    | "syncDirectory"
    | "write"
    | "read"
    | "truncate"
    | "datasync";
  /** The file's name; empty for the directory. */
  readonly file: string;
  /** Where a write or read begins; 0 for other calls. */
  readonly offset: number;
  /** Bytes to write, read or cut to; 0 for other calls. */
  readonly bytes: number;
}

/** What happens to a call; whatever is absent happens as usual. */
export interface CallEffect {
  /**
   * The call happens when this resolves: it is slow, or stuck forever. Not for
   * `lock`, `list` and `open`, which return at once.
   */
  readonly after?: Promise<unknown> | undefined;
  /** Maximum number of bytes that a write writes, at least 1. */
  readonly bytes?: number | undefined;
  /**
   * The call fails with this code, such as `"EIO"` or `"ENOSPC"`, and does
   * nothing, except that a write first writes `bytes`, if given.
   */
  readonly error?: string | undefined;
}

/** Called before each call; decides what happens to it. */
export type OnCall = (call: StorageCall) => CallEffect | void;

/** What a file tells and asks its directory. */
interface FileDirectory {
  /** Called after each sync, with whether the file grew. */
  synced(hasGrown: boolean): void;
  /** Called after each change of its bytes. */
  changed(): void;
  /** Number of names that the file has. */
  links(): number;
}

/** A handle on a file's content. */
export class MemoryFile implements StorageFile {
  readonly #name: string;
  readonly #content: MemoryContent;
  readonly #onCall: OnCall;
  readonly #directory: FileDirectory;

  /** A handle for a file of a directory. */
  constructor(
    name: string,
    content: MemoryContent,
    onCall: OnCall,
    directory: FileDirectory,
  ) {
    this.#name = name;
    this.#content = content;
    this.#onCall = onCall;
    this.#directory = directory;
  }

  write(bytes: Uint8Array, offset: number): MaybePromise<number> {
    const write = (limit?: number) => {
      const part = bytes.subarray(0, limit);
      this.#content.write(part, offset);
      this.#directory.changed();
      return part.length;
    };
    return perform(
      this.#onCall,
      { operation: "write", file: this.#name, offset, bytes: bytes.length },
      (effect) => write(effect.bytes),
      (effect) => write(effect.bytes ?? 0),
    );
  }

  read(into: Uint8Array, offset: number): MaybePromise<number> {
    return perform(
      this.#onCall,
      { operation: "read", file: this.#name, offset, bytes: into.length },
      () => {
        const part = this.#content.bytes.subarray(offset, offset + into.length);
        into.set(part);
        return part.length;
      },
    );
  }

  identity(): string {
    return this.#name;
  }

  size(): number {
    return this.#content.bytes.length;
  }

  links(): number {
    return this.#directory.links();
  }

  /** Fails if an effect makes it slow. */
  datasyncSync(): void {
    requireDone(this.datasync());
  }

  datasync(): MaybePromise<void> {
    const covered = this.#content.writes;
    return perform(
      this.#onCall,
      { operation: "datasync", file: this.#name },
      () => this.#directory.synced(this.#content.sync(covered)),
      () => this.#content.failSync(covered),
    );
  }

  truncate(size: number): MaybePromise<void> {
    return perform(
      this.#onCall,
      { operation: "truncate", file: this.#name, bytes: size },
      () => {
        this.#content.truncate(size);
        this.#directory.changed();
      },
    );
  }

  close(): void {}
}

/** Runs `act`, or `fail` and throws, as `onCall` decides. */
export function perform<Answer>(
  onCall: OnCall,
  call: Omit<StorageCall, "offset" | "bytes"> & Partial<StorageCall>,
  act: (effect: CallEffect) => Answer,
  fail: (effect: CallEffect) => void = () => {},
): MaybePromise<Answer> {
  const effect = onCall({ offset: 0, bytes: 0, ...call }) ?? {};
  const run = () => {
    if (effect.error === undefined) return act(effect);
    fail(effect);
    throw storageError(call.operation, call.file, effect.error);
  };
  return effect.after === undefined ? run() : effect.after.then(run);
}

/** The error of a call that failed. */
export function storageError(
  operation: StorageCall["operation"],
  file: string,
  code: string,
): StorageError {
  const path = `[memory]${file && `/${file}`}`;
  return StorageError.wrap(WORDS[operation] ?? operation, path, { code });
}

const WORDS: Partial<Record<StorageCall["operation"], string>> = {
  write: "write to",
  datasync: "sync",
  syncDirectory: "sync",
};
