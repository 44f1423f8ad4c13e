import { requireOneOf } from "../argument.ts";
import { invariant } from "../invariant.ts";
import { AppendAbortedError, onAbort } from "./abort.ts";
import { Heap } from "./heap.ts";

/**
 * The guarantee that an acknowledged record carries:
 *
 * - `"memory"`: it has a place in the queue; it is lost if the process dies;
 * - `"os"`: it is written; it survives a killed process, but not a power loss;
 * - `"disk"`: it is synced; it survives a power loss.
 */
export type AckLevel = "memory" | "os" | "disk";

const LEVELS: readonly AckLevel[] = ["memory", "os", "disk"];

/** Throws `TypeError` unless `value` is an {@linkcode AckLevel}. */
export function requireAckLevel(
  action: string,
  name: string,
  value: unknown,
): AckLevel {
  return requireOneOf(action, name, value, LEVELS);
}

/** How far the log has advanced, and the calls that wait for it. */
export class Acks {
  readonly #written = new AckWaiters();
  readonly #durable = new AckWaiters();
  #writtenLsn: number;
  #durableLsn: number;

  /** Everything up to `lsn` is written, and up to `durableLsn` durable. */
  constructor(lsn: number, durableLsn = lsn) {
    this.#writtenLsn = lsn;
    this.#durableLsn = durableLsn;
  }

  /** LSN up to which records are written. */
  get writtenLsn(): number {
    return this.#writtenLsn;
  }

  /** LSN up to which records are synced. */
  get durableLsn(): number {
    return this.#durableLsn;
  }

  /** Number of calls that wait. */
  get waiters(): number {
    return this.#written.count + this.#durable.count;
  }

  /** Whether the record `lsn` has reached `level`. */
  reached(lsn: number, level: AckLevel): boolean {
    if (level === "memory") return true;
    return lsn <= (level === "os" ? this.#writtenLsn : this.#durableLsn);
  }

  /** Resolves with `lsn` once that record has reached `level`. */
  wait(lsn: number, level: AckLevel): Promise<number> {
    if (this.reached(lsn, level)) return Promise.resolve(lsn);
    return this.#waiters(level).wait(lsn);
  }

  /** Like {@linkcode Acks.wait}; an abort rejects it with its reason. */
  settled(
    lsn: number,
    level: AckLevel,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    if (signal === undefined) return this.wait(lsn, level);
    const abort = { signal, error: () => signal.reason };
    return new Promise((resolve, reject) =>
      this.#settle(lsn, level, lsn, { resolve, reject }, abort)
    );
  }

  /**
   * Resolves `call` with `value` once a request has reached its level; `lsn` is
   * its last LSN.
   */
  answer<Value>(
    lsn: number,
    { count, level, signal }: {
      readonly count: number;
      readonly level: AckLevel;
      readonly signal?: AbortSignal | undefined;
    },
    value: Value,
    call: Call<Value>,
  ): void {
    const first = lsn - count + 1;
    const abort = signal === undefined ? undefined : {
      signal,
      error: () => new AppendAbortedError(first, signal.reason),
    };
    this.#settle(lsn, level, value, call, abort);
  }

  /** Everything up to `lsn` is written, and also durable if `synced`. */
  advance(lsn: number, synced: boolean): void {
    invariant(lsn >= this.#writtenLsn, "acknowledged LSN goes back");
    this.#writtenLsn = lsn;
    if (synced) this.#durableLsn = lsn;
    invariant(this.#durableLsn <= lsn, "durable records that are not written");
    this.#written.release(this.#writtenLsn);
    this.#durable.release(this.#durableLsn);
  }

  /** The log was cut back to `lsn`, which is durable; nobody waits for more. */
  cutBack(lsn: number): void {
    invariant(
      this.#durableLsn === this.#writtenLsn,
      "a cut of unsynced records",
    );
    this.#writtenLsn = lsn;
    this.#durableLsn = lsn;
  }

  /**
   * Rejects the waiters for unwritten records; returns how many callers, those
   * that gave up not included, learn about it.
   */
  rejectUnwritten(error: Error): number {
    return this.#written.reject(error) +
      this.#durable.rejectAbove(this.#writtenLsn, error);
  }

  /** The same with all waiters for durability. */
  rejectUnsynced(error: Error): number {
    return this.#durable.reject(error);
  }

  /** The same with all waiters. */
  reject(error: Error): number {
    return this.#written.reject(error) + this.#durable.reject(error);
  }

  #settle<Value>(
    lsn: number,
    level: AckLevel,
    value: Value,
    call: Call<Value>,
    abort: Abort | undefined,
  ): void {
    if (abort?.signal.aborted) call.reject(abort.error());
    else if (this.reached(lsn, level)) call.resolve(value);
    else this.#waiters(level).settle(lsn, value, call, abort);
  }

  #waiters(level: AckLevel): AckWaiters {
    return level === "os" ? this.#written : this.#durable;
  }
}

/** Settles the promise that a call has returned. */
export interface Call<Value> {
  readonly resolve: (value: Value | Promise<never>) => void;
  readonly reject: (error: unknown) => void;
}

/** What ends a wait early, and the error for it. */
export interface Abort {
  /** Not aborted when the wait begins. */
  readonly signal: AbortSignal;
  /** Makes the error. */
  readonly error: () => unknown;
}

/** Slots that are kept for the next waiters once all are released. */
const KEPT_SLOTS = 4096;

/** As many aborted waiters stay where they are. */
const SWEPT_AT = 1024;

let capturedResolve: Resolve;

/** Shared by all promises here, so that none needs its own closure. */
function capture(resolve: Resolve): void {
  capturedResolve = resolve;
}

/**
 * Promises that wait for the log to reach an LSN, released in LSN order.
 *
 * A few thousand slots are kept when their waiters are released, so that the
 * next waiters can reuse them: emptying and regrowing the arrays costs more
 * than a waiter does.
 */
export class AckWaiters {
  #lsns: number[] = [];
  #resolves: Resolve[] = [];
  #head = 0;
  #tail = 0;
  /**
   * Waiters for a lower LSN than an earlier waiter's; usually empty. In a sorted
   * list, many that arrive in falling order would move the whole list each time.
   */
  readonly #early = new Heap<Waiter>(isBefore);
  /** The lowest LSN of those, or `Infinity`. */
  #earliest = Infinity;
  #order = 0;
  /** Waiters that were aborted and still take a slot. */
  readonly #aborted = new Set<Resolve>();
  /** How many of those the last rejection reached. */
  #unheard = 0;

  /** How many wait; for a while, with some that gave up. */
  get count(): number {
    return this.#tail - this.#head + this.#early.size;
  }

  /** Returns a promise that resolves with `lsn` once it is released. */
  wait(lsn: number): Promise<number> {
    const promise = new Promise<number>(capture);
    this.#put(lsn, capturedResolve);
    return promise;
  }

  /** Resolves `call` with `value` once `lsn` is released; an abort rejects it. */
  settle<Value>(
    lsn: number,
    value: Value,
    { resolve, reject }: Call<Value>,
    abort: Abort | undefined,
  ): void {
    const settle: Resolve = (released) =>
      resolve(released === lsn ? value : released as Promise<never>);
    if (abort === undefined) return this.#put(lsn, settle);
    const { signal, error } = abort;
    const release: Resolve = (released) => {
      unwatch();
      if (!this.#aborted.delete(release)) settle(released);
      else if (typeof released !== "number") this.#unheard++;
    };
    const unwatch = onAbort(signal, () => {
      this.#abandon(release);
      reject(error());
    });
    this.#put(lsn, release);
  }

  /** Resolves all waiters for `lsn` or lower. */
  release(lsn: number): void {
    if (this.#earliest <= lsn) this.#releaseEarly(lsn);
    this.#resolveUpTo(lsn);
    const head = this.#head;
    if (head === this.#tail) this.#clear();
    else if (head > 1024 && head * 2 > this.#tail) this.#compact();
  }

  /** Rejects all waiters; returns how many there were that still listen. */
  reject(error: Error): number {
    const { count } = this;
    this.#unheard = 0;
    const rejection = Promise.reject<never>(error);
    rejection.catch(() => {});
    for (const { lsn, resolve } of this.#takeEarly(Infinity)) {
      this.#resolveUpTo(lsn, rejection);
      resolve(rejection);
    }
    this.#resolveUpTo(Infinity, rejection);
    this.#clear();
    return count - this.#unheard;
  }

  /** Rejects the waiters for more than `lsn`; returns the same. */
  rejectAbove(lsn: number, error: Error): number {
    const kept = this.#takeAll(lsn);
    const count = this.reject(error);
    for (const [lsn, resolve] of kept) this.#put(lsn, resolve);
    return count;
  }

  /**
   * Callers that give up, over and over, before the log gets any further must
   * not fill the memory.
   */
  #abandon(release: Resolve): void {
    this.#aborted.add(release);
    const { size } = this.#aborted;
    if (size < SWEPT_AT) return;
    if (size * 2 < this.count) return;
    const waiters = this.#takeAll(Infinity);
    this.#clear();
    for (const [lsn, resolve] of waiters) {
      if (!this.#aborted.delete(resolve)) this.#put(lsn, resolve);
    }
  }

  /** Takes the waiters for `lsn` or lower, in LSN order. */
  #takeAll(lsn: number): [number, Resolve][] {
    const taken: [number, Resolve][] = [];
    for (; this.#lsns[this.#head] <= lsn && this.#head < this.#tail;) {
      taken.push([this.#lsns[this.#head], this.#resolves[this.#head++]]);
    }
    for (const { lsn: early, resolve } of this.#takeEarly(lsn)) {
      taken.push([early, resolve]);
    }
    return taken.sort(([one], [other]) => one - other);
  }

  #put(lsn: number, resolve: Resolve): void {
    const tail = this.#tail;
    if (tail > this.#head && this.#lsns[tail - 1] > lsn) {
      this.#early.put({ lsn, resolve, order: this.#order++ });
      this.#earliest = Math.min(this.#earliest, lsn);
      return;
    }
    this.#lsns[tail] = lsn;
    this.#resolves[tail] = resolve;
    this.#tail = tail + 1;
  }

  /**
   * Releases waiters that came out of order, each after those in line for the
   * same LSN. Those came first: when an out-of-order waiter arrives, the line
   * has already moved past its LSN.
   */
  #releaseEarly(lsn: number): void {
    for (const { lsn: early, resolve } of this.#takeEarly(lsn)) {
      this.#resolveUpTo(early);
      resolve(early);
    }
  }

  /** Takes the waiters out of order for `lsn` or lower, in LSN order. */
  #takeEarly(lsn: number): Waiter[] {
    const taken: Waiter[] = [];
    while (this.#early.size > 0 && this.#earliest <= lsn) {
      taken.push(this.#early.take()!);
      this.#earliest = this.#early.first?.lsn ?? Infinity;
    }
    return taken;
  }

  /** Resolves the waiters in line for `lsn` or lower, with `all` if given. */
  #resolveUpTo(lsn: number, all?: Promise<never>): void {
    let head = this.#head;
    for (; head < this.#tail && this.#lsns[head] <= lsn; head++) {
      this.#resolves[head](all ?? this.#lsns[head]);
    }
    this.#head = head;
  }

  #clear(): void {
    if (this.#tail > KEPT_SLOTS) {
      this.#lsns = [];
      this.#resolves = [];
    }
    this.#head = 0;
    this.#tail = 0;
  }

  #compact(): void {
    this.#lsns = this.#lsns.slice(this.#head, this.#tail);
    this.#resolves = this.#resolves.slice(this.#head, this.#tail);
    this.#tail -= this.#head;
    this.#head = 0;
  }
}

/** Receives the LSN that was released, or the rejection of all waiters. */
type Resolve = (released: number | Promise<never>) => void;

/** A waiter that came out of order. */
interface Waiter {
  readonly lsn: number;
  readonly resolve: Resolve;
  /** Preserves call order among the waiters for one LSN. */
  readonly order: number;
}

function isBefore(one: Waiter, other: Waiter): boolean {
  return one.lsn < other.lsn ||
    one.lsn === other.lsn && one.order < other.order;
}
