import { requireInteger, requireOptions } from "../../argument.ts";
import {
  type CreateOptions,
  type GetOptions,
  type ListOptions,
  type ObjectCallOptions,
  type ObjectContent,
  type ObjectFailure,
  type ObjectHead,
  type ObjectPage,
  type ObjectStore,
  ObjectStoreError,
  requireId,
  requireKey,
  requireRange,
} from "./object_store.ts";

/*
 * The fault model.
 *
 * The store itself is strongly consistent and loses nothing: each call is
 * applied at one instant, and later calls see it. That is what a certified store
 * promises. What a client cannot rely on is the way there and back:
 *
 * - a call may fail before it is applied: a refusal, or a request that was lost;
 * - it may be applied, and its answer lost, or replaced by an error (`isApplied`);
 * - it may be slow, or stuck forever (`after`); a caller that gives up does not
 *   take it back, so it may be applied much later, after other calls;
 * - a conditional request may meet another one and be refused with 409.
 *
 * Calls that are not delayed are applied in the order in which they are made.
 *
 * Not modeled: stores that break the rules. The certifier looks for those.
 */

/** One call on a `MemoryObjectStore`. */
export interface ObjectCall {
  /** The method that was called. */
  readonly operation: "create" | "get" | "head" | "list" | "remove";
  /** The object's key; of `list`, the prefix. */
  readonly key: string;
  /** The id of the object to create; absent for other calls. */
  readonly id?: string | undefined;
}

/** What happens to a call; whatever is absent happens as usual. */
export interface ObjectCallEffect {
  /** The request arrives when this resolves: it is slow, or stuck forever. */
  readonly after?: Promise<unknown> | undefined;
  /** The call fails with this. */
  readonly error?: ObjectFailure | undefined;
  /**
   * Whether the call is applied even though it fails: its answer was lost.
   * Default: false.
   */
  readonly isApplied?: boolean | undefined;
}

/** Called before each call; decides what happens to it. */
export type OnObjectCall = (call: ObjectCall) => ObjectCallEffect | void;

/** Options of {@linkcode MemoryObjectStore}. */
export interface MemoryObjectStoreOptions {
  /** Called before each call; can make it fail or delay it. */
  readonly onCall?: OnObjectCall | undefined;
}

interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly id: string;
}

/**
 * An object store in memory, for tests: the model that other stores are compared
 * with. It knows no time and no chance, so a test that makes the same calls and
 * has the same faults sees the same.
 *
 * The top of this file describes the fault model.
 *
 * @example
 * ```ts
 * import { MemoryObjectStore } from "@syncline/wal/storage/s3";
 * import assert from "node:assert/strict";
 *
 * const store = new MemoryObjectStore();
 * const bytes = new TextEncoder().encode("hello");
 * await store.create("b/1", bytes, { id: "x" });
 * assert.deepEqual(await store.head("b/1"), { size: 5, id: "x" });
 * const { objects } = await store.list({ prefix: "b/" });
 * assert.deepEqual(objects, [{ key: "b/1", size: 5 }]);
 * ```
 */
export class MemoryObjectStore implements ObjectStore {
  /** A word in brackets, because there is no bucket. */
  readonly location = "[memory]";
  readonly #onCall: OnObjectCall;
  readonly #entries = new Map<string, Entry>();

  /** Makes an empty store. */
  constructor(options: MemoryObjectStoreOptions = {}) {
    requireOptions("make an object store", options, ["onCall"]);
    this.#onCall = options.onCall ?? (() => {});
  }

  /** Creates an object, unless there is one. */
  async create(
    key: string,
    bytes: Uint8Array,
    { id, signal }: CreateOptions,
  ): Promise<"created" | "exists"> {
    requireKey("create an object", key);
    requireId("create an object", id);
    const content = new Uint8Array(bytes);
    return await this.#perform({ operation: "create", key, id }, () => {
      if (this.#entries.has(key)) return "exists";
      this.#entries.set(key, { bytes: content, id });
      return "created";
    }, signal);
  }

  /** Gets an object or a part of it; `undefined` if there is none. */
  async get(
    key: string,
    { range, signal }: GetOptions = {},
  ): Promise<ObjectContent | undefined> {
    requireKey("get an object", key);
    requireRange("get an object", range);
    return await this.#perform({ operation: "get", key }, () => {
      const entry = this.#entries.get(key);
      if (entry === undefined) return undefined;
      const { bytes, id } = entry;
      const { from, to } = range ?? { from: 0, to: bytes.length };
      if (range !== undefined && from >= bytes.length) {
        throw this.#error("get", key, { status: 416, code: "InvalidRange" });
      }
      return { size: bytes.length, id, bytes: bytes.slice(from, to) };
    }, signal);
  }

  /** Says what is known of an object; `undefined` if there is none. */
  async head(
    key: string,
    { signal }: ObjectCallOptions = {},
  ): Promise<ObjectHead | undefined> {
    requireKey("look up an object", key);
    return await this.#perform({ operation: "head", key }, () => {
      const entry = this.#entries.get(key);
      return entry && { size: entry.bytes.length, id: entry.id };
    }, signal);
  }

  /** Lists objects in ascending order of their keys. */
  async list(
    { prefix = "", after = "", limit = 1000, signal }: ListOptions = {},
  ): Promise<ObjectPage> {
    requireInteger("list objects", "limit", limit, 1, 1000);
    return await this.#perform({ operation: "list", key: prefix }, () => {
      const found = [...this.#entries]
        .filter(([key]) => key.startsWith(prefix) && key > after)
        .map(([key, { bytes }]) => ({ key, size: bytes.length }))
        .sort((a, b) => a.key < b.key ? -1 : 1);
      const isTruncated = found.length > limit;
      return { objects: found.slice(0, limit), isTruncated };
    }, signal);
  }

  /** Removes an object; there may be none. */
  async remove(
    key: string,
    { signal }: ObjectCallOptions = {},
  ): Promise<void> {
    requireKey("remove an object", key);
    return await this.#perform({ operation: "remove", key }, () => {
      this.#entries.delete(key);
    }, signal);
  }

  /**
   * Applies a call at once or when it arrives, even if the caller has given up
   * by then.
   */
  #perform<Answer>(
    call: ObjectCall,
    apply: () => Answer,
    signal: AbortSignal | undefined,
  ): Promise<Answer> | Answer {
    signal?.throwIfAborted();
    const { after, error, isApplied } = this.#onCall(call) ?? {};
    const run = () => {
      if (error === undefined) return apply();
      if (isApplied) apply();
      throw this.#error(WORDS[call.operation], call.key, error);
    };
    if (after === undefined) return run();
    return new Promise<Answer>((resolve, reject) => {
      const giveUp = () => reject(signal?.reason);
      signal?.addEventListener("abort", giveUp, { once: true });
      after.then(run).then(resolve, reject)
        .finally(() => signal?.removeEventListener("abort", giveUp));
    });
  }

  #error(
    action: string,
    key: string,
    failure: ObjectFailure,
  ): ObjectStoreError {
    const { location } = this;
    return new ObjectStoreError({ action, location, key, ...failure });
  }
}

const WORDS = {
  create: "create",
  get: "get",
  head: "look up",
  list: "list",
  remove: "remove",
};
