import type { FlushReport } from "../policies/batch_policy.ts";
import { readTrace } from "../trace/read_trace.ts";
import type {
  TracedAppend,
  TracedOptions,
  TraceEnd,
  TraceHeader,
  TraceTurn,
} from "../trace/trace_event.ts";
import type { Arrival, Links, RecordedArrivals } from "./arrivals.ts";
import type { TurnCost } from "./sampled_costs.ts";

/** A whole trace in memory; see {@linkcode loadTrace}. */
export interface Trace {
  /** The options of the log that affect its flushes. */
  readonly options: TracedOptions;
  /** The log's policy in the notation of `parsePolicy`, if it is known. */
  readonly policy?: string | undefined;
  /**
   * Every append in order, for `simulate`. It has `links` if the trace shows
   * which appends waited for acks, and no append or flush is missing.
   */
  readonly arrivals: RecordedArrivals;
  /** Every flush in order. */
  readonly flushes: readonly FlushReport[];
  /** How long turns of the event loop took; absent in earlier traces. */
  readonly turns?: readonly TurnCost[] | undefined;
  /**
   * Whether flushes blocked the event loop: hardly any append was made during
   * one.
   */
  readonly isBlocking?: boolean | undefined;
  /** Events missing from the trace because its sink did not keep up. */
  readonly missing: { readonly appends: number; readonly flushes: number };
  /** How the trace ends; absent if the process was killed. */
  readonly end?: TraceEnd["reason"] | undefined;
}

/**
 * Reads a whole trace into memory: 32 bytes per append and about 150 per flush.
 * Accepts what `readTrace` accepts, and throws what it throws.
 *
 * @example
 * ```ts
 * import { AgePolicy, Wal } from "@syncline/wal";
 * import { loadTrace, sampledCosts, simulate } from "@syncline/wal/simulator";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const lines: string[] = [];
 * const trace = { write: (more: string) => void lines.push(more) };
 * const wal = await Wal.open(new MemoryStorage(), { trace });
 * const acks: Promise<number>[] = [];
 * for (let nth = 0; nth < 10; nth++) {
 *   acks.push(wal.append("a record"));
 *   await new Promise((resolve) => setTimeout(resolve));
 * }
 * await Promise.all(acks);
 * await wal.close();
 *
 * const recorded = await loadTrace(lines);
 * assert.equal(recorded.flushes.length, 10);
 * const costs = sampledCosts(recorded.flushes);
 * const policy = new AgePolicy({ ms: 50 });
 * const { flushes } = simulate(policy, recorded.arrivals, costs);
 * assert.ok(flushes < 10);
 * ```
 */
export async function loadTrace(
  source: Parameters<typeof readTrace>[0],
): Promise<Trace> {
  let header: TraceHeader | undefined;
  let end: Trace["end"];
  const arrivals = new ArrivalColumns();
  const flushes: FlushReport[] = [];
  const turns: TurnCost[] = [];
  const missing = { appends: 0, flushes: 0 };
  for await (const event of readTrace(source)) {
    switch (event.kind) {
      case "header":
        header = event;
        break;
      case "turn":
        for (const append of event.appends) arrivals.push(event.at, append);
        if (event.tookMs !== undefined) {
          turns.push(toTurnCost(event, flushes.at(-1)));
        }
        break;
      case "flush": {
        const { flush, tookMs: ms } = event;
        flushes.push(flush);
        const { records: calls, endedAt: at } = flush;
        if (ms !== undefined) turns.push({ at, calls, ms });
        break;
      }
      case "gap":
        missing.appends += event.appends;
        missing.flushes += event.flushes;
        break;
      case "end":
        end = event.reason;
    }
  }
  const { options, policy, linked = false } = header!;
  if (linked && missing.appends + missing.flushes === 0) arrivals.link(flushes);
  return {
    options,
    ...(policy !== undefined && { policy }),
    arrivals,
    flushes,
    turns,
    isBlocking: (options.depth ?? 1) === 1 && arrivals.areHeldUpBy(flushes),
    missing,
    ...(end !== undefined && { end }),
  };
}

/** The turn in which a flush ends releases its callers. */
function toTurnCost(
  { at, appends, tookMs = 0 }: TraceTurn,
  flush?: FlushReport,
): TurnCost {
  const released = flush?.endedAt === at ? flush.records : 0;
  return { at, calls: appends.length + released, ms: tookMs };
}

const FIRST = 1024;

/** If more of a caller's appends did not wait for the ack, it waits for none. */
const MOST_HASTY = 0.01;

/** Flushes block the event loop if this share of what is by chance is missing. */
const HELD_UP = 0.2;

/** Arrivals in columns of numbers, at 32 bytes each. */
class ArrivalColumns implements RecordedArrivals {
  #at = new Float64Array(FIRST);
  #bytes = new Float64Array(FIRST);
  #records = new Uint32Array(FIRST);
  #after = new Uint32Array(FIRST);
  /** Number of arrivals. */
  length = 0;
  /** Which of them waited for acks, once they are linked. */
  links: Links | undefined;

  /** Adds an arrival at the end. */
  push(at: number, { bytes, records, after = 0 }: TracedAppend): void {
    if (this.length === this.#at.length) this.#grow();
    this.#at[this.length] = at;
    this.#bytes[this.length] = bytes;
    this.#records[this.length] = records;
    this.#after[this.length++] = after;
  }

  /** Iterates over the arrivals in order, any number of times. */
  *[Symbol.iterator](): Generator<Arrival> {
    for (let index = 0; index < this.length; index++) {
      yield {
        at: this.#at[index],
        bytes: this.#bytes[index],
        records: this.#records[index],
      };
    }
  }

  /**
   * Keeps the links of callers that waited. A caller that appended before the
   * ack that it is said to wait for came does not wait: in most programs, that
   * is a function that does, called by one that does not.
   */
  link(flushes: readonly FlushReport[]): void {
    const ackedAt = this.#findAcks(flushes);
    const after = this.#after.slice(0, this.length);
    const caller = new Uint32Array(this.length);
    const links = new Uint32Array(this.length);
    const hasty = new Uint32Array(this.length);
    for (let nth = 0; nth < this.length; nth++) {
      const from = nth - after[nth];
      if (from === nth || from < 0) after[nth] = 0;
      caller[nth] = after[nth] === 0 ? nth : caller[from];
      if (after[nth] === 0) continue;
      links[caller[nth]]++;
      if (ackedAt[from] <= this.#at[nth]) continue;
      hasty[caller[nth]]++;
      after[nth] = 0;
    }
    for (let nth = 0; nth < this.length; nth++) {
      const which = caller[nth];
      if (hasty[which] > links[which] * MOST_HASTY) after[nth] = 0;
    }
    this.links = { after, ackedAt };
  }

  /** Whether far fewer turns began during a flush than would by chance. */
  areHeldUpBy(flushes: readonly FlushReport[]): boolean {
    let [turns, inside, busyMs, nth] = [0, 0, 0, 0];
    for (const { startedAt, endedAt } of flushes) {
      busyMs += endedAt - startedAt;
      for (; nth < this.length && this.#at[nth] < endedAt; nth++) {
        if (nth > 0 && this.#at[nth] === this.#at[nth - 1]) continue;
        turns++;
        if (this.#at[nth] > startedAt) inside++;
      }
    }
    const ms = this.length > 0 ? this.#at[this.length - 1] - this.#at[0] : 0;
    return inside < turns * Math.min(1, busyMs / ms) * HELD_UP;
  }

  #findAcks(flushes: readonly FlushReport[]): Float64Array {
    const ackedAt = new Float64Array(this.length).fill(NaN);
    let nth = 0;
    for (const { records, endedAt } of flushes) {
      for (let taken = 0; taken < records && nth < this.length;) {
        taken += this.#records[nth];
        ackedAt[nth++] = endedAt;
      }
    }
    return ackedAt;
  }

  #grow(): void {
    const grown = this.length * 2;
    const [at, bytes, records] = [this.#at, this.#bytes, this.#records];
    const after = this.#after;
    this.#at = new Float64Array(grown);
    this.#at.set(at);
    this.#bytes = new Float64Array(grown);
    this.#bytes.set(bytes);
    this.#records = new Uint32Array(grown);
    this.#records.set(records);
    this.#after = new Uint32Array(grown);
    this.#after.set(after);
  }
}
