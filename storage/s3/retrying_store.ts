import { requireOptions, requirePositive } from "../../argument.ts";
import {
  type CreateOptions,
  type GetOptions,
  type ListOptions,
  type ObjectCallOptions,
  type ObjectContent,
  type ObjectHead,
  type ObjectPage,
  type ObjectStore,
  ObjectStoreError,
  requireId,
  requireKey,
} from "./object_store.ts";
import {
  decideRetry,
  mayBeApplied,
  type RetrySchedule,
} from "./retry_rules.ts";

/** Where a {@linkcode RetryingStore} has its time from. A `Clock` is one. */
export interface RetryClock {
  /** Milliseconds since some fixed instant; never goes backwards. */
  now(): number;
  /** Calls back once after `delayMs`; the result cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Options of {@linkcode RetryingStore}. */
export interface RetryOptions {
  /** From the first try until a call fails, in ms. Default: 30,000. */
  readonly deadlineMs?: number | undefined;
  /**
   * How long to wait for the answer to a try, in ms, plus a second for each MiB
   * that is sent or asked for; a whole object counts as 8 MiB. Default: 5000.
   */
  readonly tryMs?: number | undefined;
  /**
   * The longest wait before the second try, in ms. It doubles with each further
   * one, up to 5 s, and is 8 times as long if the store asks for fewer requests.
   * The wait is random, from 0 up to that. Default: 50.
   */
  readonly backoffMs?: number | undefined;
  /** Default: the runtime's. */
  readonly clock?: RetryClock | undefined;
  /**
   * Returns a number from 0 up to, but not including, 1. Default:
   * `Math.random`.
   */
  readonly random?: (() => number) | undefined;
}

const KNOWN = ["deadlineMs", "tryMs", "backoffMs", "clock", "random"];

const MIB = 1024 * 1024;

/** What a whole object counts as: its size is not known. */
const WHOLE_BYTES = 8 * MIB;

/** How long to wait for the answer to a small request, in ms. */
export const TRY_MS = 5000;

/** The runtime's clock. */
export const systemClock: RetryClock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Repeats the calls on an object store that fail, with the same key and the same
 * id, until they succeed, are refused, or a deadline passes.
 *
 * A conditional request for a key that is in progress (409), a server's failure
 * (5xx) and silence are tried again, after a random wait that grows; a store
 * that asks for fewer requests gets fewer. Any other refusal is final at once.
 *
 * `create` tells an earlier try of this caller from an object of somebody else:
 * if the key is taken, it looks up the id. So `"created"` means that the object
 * with this id is there, whichever try made it, and `"exists"` that another one
 * is, or that what was there has been removed since: `create` puts nothing in its
 * place.
 *
 * All calls may run concurrently. They reject with an
 * {@linkcode ObjectStoreError}, of the last try, and `create` with an
 * {@linkcode UnknownOutcomeError} if nobody can know whether it succeeded.
 *
 * @example An answer is lost, and the next try finds the object
 * ```ts
 * import { MemoryObjectStore, RetryingStore } from "@syncline/wal/storage/s3";
 * import assert from "node:assert/strict";
 *
 * let calls = 0;
 * const memory = new MemoryObjectStore({
 *   onCall: () =>
 *     ++calls === 1
 *       ? { error: { status: 500, code: "InternalError" }, isApplied: true }
 *       : undefined,
 * });
 * const store = new RetryingStore(memory);
 * const bytes = new TextEncoder().encode("hello");
 * assert.equal(await store.create("a", bytes, { id: "1" }), "created");
 * assert.equal(await store.create("a", bytes, { id: "2" }), "exists");
 * ```
 */
export class RetryingStore implements ObjectStore {
  /** Where the store is, for messages. */
  readonly location: string;
  readonly #store: ObjectStore;
  readonly #schedule: RetrySchedule;
  readonly #tryMs: number;
  readonly #clock: RetryClock;
  readonly #random: () => number;

  /**
   * Makes no call. Throws a `TypeError` or a `RangeError` if an option is
   * invalid.
   */
  constructor(store: ObjectStore, options: RetryOptions = {}) {
    const action = "retry calls on an object store";
    requireOptions(action, options, KNOWN);
    const { deadlineMs = 30_000, tryMs = TRY_MS, backoffMs = 50 } = options;
    this.#schedule = {
      deadlineMs: requirePositive(action, "deadlineMs", deadlineMs),
      backoffMs: requirePositive(action, "backoffMs", backoffMs),
    };
    this.#tryMs = requirePositive(action, "tryMs", tryMs);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#store = store;
    this.location = store.location;
  }

  /**
   * Creates the object with this id, unless there is or was another one. Throws
   * an {@linkcode UnknownOutcomeError} if a try may have created it, but the
   * deadline passed, or the signal came, before that was known.
   */
  async create(
    key: string,
    bytes: Uint8Array,
    { id, signal }: CreateOptions,
  ): Promise<"created" | "exists"> {
    requireKey("create an object", key);
    requireId("create an object", id);
    const call = this.#begin("create", key, bytes.length, signal);
    // A try that was given up may still read them when the caller has them back.
    const copy = bytes.slice();
    let isTaken = false;
    try {
      const made = await call.run((signal) =>
        this.#store.create(key, copy, { id, signal })
      );
      if (made === "created") return made;
      isTaken = true;
      const found = await call.run((signal) =>
        this.#store.head(key, { signal })
      );
      return found?.id === id ? "created" : "exists";
    } catch (error) {
      if (!isTaken && !call.mayBeApplied) throw error;
      throw new UnknownOutcomeError(this.location, key, id, call.tries, error);
    }
  }

  /** Gets an object or a part of it; `undefined` if there is none. */
  get(
    key: string,
    { range, signal }: GetOptions = {},
  ): Promise<ObjectContent | undefined> {
    const bytes = range === undefined ? WHOLE_BYTES : range.to - range.from;
    return this.#begin("get", key, bytes, signal)
      .run((signal) => this.#store.get(key, { range, signal }));
  }

  /** Says what is known of an object; `undefined` if there is none. */
  head(
    key: string,
    { signal }: ObjectCallOptions = {},
  ): Promise<ObjectHead | undefined> {
    return this.#begin("look up", key, 0, signal)
      .run((signal) => this.#store.head(key, { signal }));
  }

  /** Lists objects in ascending order of their keys. */
  list({ signal, ...options }: ListOptions = {}): Promise<ObjectPage> {
    return this.#begin("list", "", 0, signal)
      .run((signal) => this.#store.list({ ...options, signal }));
  }

  /** Removes an object; there may be none. */
  remove(key: string, { signal }: ObjectCallOptions = {}): Promise<void> {
    return this.#begin("remove", key, 0, signal)
      .run((signal) => this.#store.remove(key, { signal }));
  }

  #begin(
    action: string,
    key: string,
    bytes: number,
    signal: AbortSignal | undefined,
  ): RetriedCall {
    return new RetriedCall({
      ...{ action, key, signal, location: this.location },
      tryMs: this.#tryMs + bytes / MIB * 1000,
      schedule: this.#schedule,
      clock: this.#clock,
      random: this.#random,
    });
  }
}

/** What a call is about, and how it is repeated. */
interface RetriedCallOptions {
  readonly action: string;
  readonly location: string;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
  readonly tryMs: number;
  readonly schedule: RetrySchedule;
  readonly clock: RetryClock;
  readonly random: () => number;
}

/** One call and its tries, all of them before one deadline. */
class RetriedCall {
  readonly #options: RetriedCallOptions;
  readonly #startedAt: number;
  #tries = 0;
  #mayBeApplied = false;

  constructor(options: RetriedCallOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** Number of tries that were made. */
  get tries(): number {
    return this.#tries;
  }

  /** Whether a try that failed may have done what was asked for. */
  get mayBeApplied(): boolean {
    return this.#mayBeApplied;
  }

  /** Tries until it succeeds, is refused, or the deadline passes. */
  async run<Answer>(
    act: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const { signal, schedule, random } = this.#options;
    for (;;) {
      signal?.throwIfAborted();
      try {
        this.#tries++;
        return await this.#try(act);
      } catch (error) {
        // The signal's reason may be an ObjectStoreError, of another call.
        const isFailure = error instanceof ObjectStoreError &&
          error !== signal?.reason;
        this.#mayBeApplied ||= !isFailure || mayBeApplied(error);
        if (!isFailure) throw error;
        const next = decideRetry(
          error,
          this.#tries,
          this.#elapsedMs(),
          random(),
          schedule,
        );
        if (!next.again) throw error;
        signal?.throwIfAborted();
        await this.#wait(next.afterMs);
      }
    }
  }

  #elapsedMs(): number {
    return this.#options.clock.now() - this.#startedAt;
  }

  /** One try, which ends with an answer, the signal, or its time. */
  #try<Answer>(
    act: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const { tryMs, schedule } = this.#options;
    const leftMs = Math.max(0, schedule.deadlineMs - this.#elapsedMs());
    const controller = new AbortController();
    return this.#race<Answer>(
      Math.min(tryMs, leftMs),
      // A store may throw before it returns a promise.
      (resolve, reject) =>
        void (async () => await act(controller.signal))().then(resolve, reject),
      () => this.#timeout(),
    ).catch((error) => {
      controller.abort(error);
      throw error;
    });
  }

  #timeout(): ObjectStoreError {
    const { action, location, key } = this.#options;
    const code = "TimeoutError";
    return new ObjectStoreError({ action, location, key, status: 0, code });
  }

  /** Waits, unless the signal comes first. */
  #wait(delayMs: number): Promise<void> {
    return this.#race<void>(delayMs, () => {}, () => undefined);
  }

  /**
   * Settles as `begin` does, or rejects with what the signal says. When the time
   * is up, it rejects with the error of `late`, or resolves if there is none.
   */
  #race<Answer>(
    delayMs: number,
    begin: (
      resolve: (answer: Answer) => void,
      reject: (error: unknown) => void,
    ) => void,
    late: () => Error | undefined,
  ): Promise<Answer> {
    const { signal, clock } = this.#options;
    return new Promise<Answer>((resolve, reject) => {
      const settle = (act: () => void) => {
        cancel();
        signal?.removeEventListener("abort", onAbort);
        act();
      };
      const onAbort = () => settle(() => reject(signal?.reason));
      const cancel = clock.after(delayMs, () =>
        settle(() => {
          const error = late();
          if (error === undefined) resolve(undefined as Answer);
          else reject(error);
        }));
      signal?.addEventListener("abort", onAbort, { once: true });
      begin(
        (answer) => settle(() => resolve(answer)),
        (error) => settle(() => reject(error)),
      );
    });
  }
}

/**
 * Thrown by `RetryingStore.create` if the object may be there, but that could
 * not be found out before the deadline, or before the signal came. It may even
 * appear later. To find out, call `create` again with the same id: nothing else
 * is safe to write in its place.
 *
 * @example
 * ```ts
 * import { MemoryObjectStore, RetryingStore } from "@syncline/wal/storage/s3";
 * import assert from "node:assert/strict";
 *
 * let isDown = true;
 * const memory = new MemoryObjectStore({
 *   onCall: () =>
 *     isDown ? { error: { status: 500, code: "InternalError" } } : undefined,
 * });
 * const store = new RetryingStore(memory, { deadlineMs: 1 });
 * const create = () => store.create("a", new Uint8Array(9), { id: "1" });
 * await assert.rejects(create(), { name: "UnknownOutcomeError", id: "1" });
 * isDown = false;
 * assert.equal(await create(), "created");
 * ```
 */
export class UnknownOutcomeError extends Error {
  /** The class's name. */
  override readonly name = "UnknownOutcomeError";

  /** Creates the error. */
  constructor(
    location: string,
    /** The key of the object. */
    readonly key: string,
    /** The id that it has if it is there. */
    readonly id: string,
    /** Number of tries that were made. */
    readonly tries: number,
    cause: unknown,
  ) {
    super(
      `Cannot tell whether "${location}/${key}" was created because the last ` +
        `of ${tries} tries failed, and an earlier one may have succeeded: ` +
        (cause instanceof Error ? cause.message : String(cause)),
      { cause },
    );
  }
}
