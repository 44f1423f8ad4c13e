import type {
  GetOptions,
  ObjectContent,
  ObjectStore,
} from "../object_store.ts";

/** What to get: an object, or a part of it. */
export interface Wanted {
  /** The object's key. */
  readonly key: string;
  /** Which part. Default: all. */
  readonly range?: GetOptions["range"];
  /** Bytes that it has, or may have if that is not known. */
  readonly bytes: number;
}

/** How much is fetched ahead. */
export interface FetchLimits {
  /** Most requests in progress, and answers that wait. */
  readonly count: number;
  /** The maximum number of bytes, unless a single one has more. */
  readonly bytes: number;
}

/** What was fetched. */
export interface Fetched<Want> {
  /** What was wanted. */
  readonly want: Want;
  /** The object; `undefined` if there is none. */
  readonly object: ObjectContent | undefined;
}

interface Pending<Want> {
  bytes: number;
  readonly answer: Promise<Fetched<Want>>;
}

/**
 * Gets objects in the order in which they are wanted, some of them ahead of
 * need. What is wanted is asked for as it is needed, which may take a request.
 */
export class FetchAhead<Want extends Wanted> {
  readonly #store: ObjectStore;
  readonly #wants: AsyncIterator<Want, unknown>;
  readonly #limits: FetchLimits;
  readonly #end = new AbortController();
  readonly #unlink: () => void;
  readonly #pending: Pending<Want>[] = [];
  #asking: Promise<void> | undefined;
  #next: Want | undefined;
  #hasAll = false;

  /** Makes no call; `signal` ends all of them. */
  constructor(
    store: ObjectStore,
    wants: AsyncIterator<Want, unknown>,
    limits: FetchLimits,
    signal: AbortSignal,
  ) {
    this.#store = store;
    this.#wants = wants;
    this.#limits = limits;
    const end = () => this.#end.abort(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    this.#unlink = () => signal.removeEventListener("abort", end);
    if (signal.aborted) end();
  }

  /** The next one; `undefined` if nothing more is wanted. */
  async next(): Promise<Fetched<Want> | undefined> {
    this.#fill();
    while (this.#pending.length === 0 && this.#asking !== undefined) {
      await this.#asking;
    }
    const [first] = this.#pending;
    if (first === undefined) return undefined;
    const fetched = await first.answer;
    this.#pending.shift();
    this.#fill();
    return fetched;
  }

  /** Ends all requests. */
  async stop(): Promise<void> {
    this.#hasAll = true;
    this.#unlink();
    this.#end.abort(new DOMException("The read has ended", "AbortError"));
    await this.#asking;
    await Promise.allSettled(this.#pending.map(({ answer }) => answer));
    this.#pending.length = 0;
    await this.#wants.return?.();
  }

  #fill(): void {
    if (this.#hasAll || this.#asking !== undefined) return;
    if (this.#next !== undefined && !this.#hasRoom(this.#next)) return;
    this.#asking = this.#ask();
  }

  async #ask(): Promise<void> {
    try {
      this.#next ??= await this.#want();
      while (this.#next !== undefined && this.#hasRoom(this.#next)) {
        this.#send(this.#next);
        this.#next = undefined;
        if (!this.#hasAll) this.#next = await this.#want();
      }
    } catch (error) {
      this.#hasAll = true;
      this.#push(0, Promise.reject(error));
    } finally {
      this.#asking = undefined;
    }
  }

  async #want(): Promise<Want | undefined> {
    const { value, done } = await this.#wants.next();
    if (!done) return value;
    this.#hasAll = true;
  }

  #hasRoom({ bytes }: Want): boolean {
    const { length } = this.#pending;
    const held = this.#pending.reduce((sum, one) => sum + one.bytes, 0);
    return length === 0 ||
      length < this.#limits.count && held + bytes <= this.#limits.bytes;
  }

  #send(want: Want): void {
    const { key, range, bytes } = want;
    const { signal } = this.#end;
    const answer = this.#store.get(key, { range, signal })
      .then((object) => {
        pending.bytes = object?.bytes.length ?? 0;
        return { want, object };
      });
    const pending = this.#push(bytes, answer);
  }

  #push(bytes: number, answer: Promise<Fetched<Want>>): Pending<Want> {
    // `next` rejects with it.
    answer.catch(() => {});
    const pending = { bytes, answer };
    this.#pending.push(pending);
    return pending;
  }
}
