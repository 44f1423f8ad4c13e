import type {
  CreateOptions,
  GetOptions,
  ListOptions,
  MemoryObjectStore,
  ObjectCallOptions,
  ObjectContent,
  ObjectHead,
  ObjectPage,
  ObjectStore,
  RetryClock,
} from "../../storage/s3/mod.ts";
import { ObjectStoreError } from "../../storage/s3/mod.ts";
import { anotherTurn } from "./another_turn.ts";

/** Virtual time: what is due next happens next, once all else is done. */
export class VirtualTime {
  #now = 0;
  #order = 0;
  #timers: { at: number; order: number; run: () => void }[] = [];

  /** The time, in ms. */
  get now(): number {
    return this.#now;
  }

  /** Calls `run` at an instant; the result cancels it. */
  at(instant: number, run: () => void): () => void {
    const timer = { at: instant, order: this.#order++, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Resolves `ms` later. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.#now + ms, resolve));
  }

  /** Lets time pass until `promise` is settled; throws if nothing is due. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settle = () => void (isSettled = true);
    promise.then(settle, settle);
    for (;;) {
      await anotherTurn();
      if (isSettled) return await promise;
      const next = this.#timers.reduce<
        { at: number; order: number; run: () => void } | undefined
      >((least, one) =>
        least === undefined || one.at < least.at ||
          one.at === least.at && one.order < least.order
          ? one
          : least, undefined);
      if (next === undefined) throw new Error("Nothing is due any more");
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
  }
}

/** How a network treats calls. */
export interface Faults {
  /** Longest way to the store, and back, in ms. */
  readonly latencyMs: number;
  /** Of how many requests one is lost on its way; its caller hears of it. */
  readonly oneLostOf: number;
  /** Of how many answers one is lost. */
  readonly oneUnansweredOf: number;
  /** Of how many requests one arrives half a minute late. */
  readonly oneLateOf: number;
}

/** A process that uses a store, and may be paused or killed. */
export class StoreClient implements ObjectStore {
  readonly location = "[memory]";
  readonly #store: MemoryObjectStore;
  readonly #time: VirtualTime;
  readonly #below: (count: number) => number;
  readonly #faults: () => Faults;
  #resumesAt = 0;
  #isKilled = false;

  /** A process that reaches `store`; `below` is random. */
  constructor(
    store: MemoryObjectStore,
    time: VirtualTime,
    below: (count: number) => number,
    faults: () => Faults,
  ) {
    this.#store = store;
    this.#time = time;
    this.#below = below;
    this.#faults = faults;
  }

  /** The clock of the process, which stands still with it. */
  readonly clock: RetryClock = {
    now: () => this.#time.now,
    after: (delayMs, callback) => {
      let isCancelled = false;
      const fire = () => void (isCancelled || this.#isKilled || callback());
      this.#time.at(
        this.#time.now + delayMs,
        () => void this.#awake().then(fire),
      );
      return () => void (isCancelled = true);
    },
  };

  /** Whether the process was killed. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Resolves once the process was awake after `ms`. */
  async wait(ms: number): Promise<void> {
    await this.#time.wait(ms);
    await this.#awake();
  }

  /** Nothing of the process goes on for `ms`. */
  pause(ms: number): void {
    this.#resumesAt = Math.max(this.#resumesAt, this.#time.now + ms);
  }

  /** Nothing of the process goes on, but requests on their way may arrive. */
  kill(): void {
    this.#isKilled = true;
  }

  create(key: string, bytes: Uint8Array, options: CreateOptions) {
    const copy = new Uint8Array(bytes);
    const { id, signal } = options;
    return this.#call(signal, () => this.#store.create(key, copy, { id }));
  }

  get(
    key: string,
    { range, signal }: GetOptions = {},
  ): Promise<ObjectContent | undefined> {
    return this.#call(signal, () => this.#store.get(key, { range }));
  }

  head(
    key: string,
    { signal }: ObjectCallOptions = {},
  ): Promise<ObjectHead | undefined> {
    return this.#call(signal, () => this.#store.head(key));
  }

  list({ signal, ...options }: ListOptions = {}): Promise<ObjectPage> {
    return this.#call(signal, () => this.#store.list(options));
  }

  remove(key: string, { signal }: ObjectCallOptions = {}): Promise<void> {
    return this.#call(signal, () => this.#store.remove(key));
  }

  #call<Answer>(
    signal: AbortSignal | undefined,
    apply: () => Promise<Answer>,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    return new Promise<Answer>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      const isAwake = () => this.#awake();
      this.#deliver(apply).then(
        (answer) => isAwake().then(() => resolve(answer)),
        (error) => isAwake().then(() => reject(error)),
      );
    });
  }

  async #deliver<Answer>(apply: () => Promise<Answer>): Promise<Answer> {
    await this.#awake();
    const { latencyMs, oneLostOf, oneUnansweredOf, oneLateOf } = this
      .#faults();
    const isLate = this.#below(oneLateOf) === 0;
    await this.#time.wait(this.#below(latencyMs) + (isLate ? 30_000 : 0));
    if (this.#below(oneLostOf) === 0) throw failure("InternalError");
    // On its way it does not depend on its process any more.
    const answer = await apply();
    await this.#time.wait(this.#below(latencyMs));
    if (this.#below(oneUnansweredOf) === 0) throw failure("InternalError");
    return answer;
  }

  /** Resolves once the process is not paused; never, if it was killed. */
  async #awake(): Promise<void> {
    while (!this.#isKilled && this.#time.now < this.#resumesAt) {
      await this.#time.wait(this.#resumesAt - this.#time.now);
    }
    if (this.#isKilled) await new Promise(() => {});
  }
}

function failure(code: string): ObjectStoreError {
  const details = { action: "call", location: "[memory]", key: "" };
  return new ObjectStoreError({ ...details, status: 500, code });
}
