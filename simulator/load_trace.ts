import type { FlushReport } from "../policies/batch_policy.ts";
import { readTrace } from "../trace/read_trace.ts";
import type { TracedOptions } from "../trace/trace_event.ts";
import type { Arrival } from "./arrivals.ts";

/** A whole trace in memory; see {@linkcode loadTrace}. */
export interface Trace {
  /** The options of the log that affect its flushes. */
  readonly options: TracedOptions;
  /** Every append in order, for `simulate`; can be iterated more than once. */
  readonly arrivals: Iterable<Arrival>;
  /** Every flush in order. */
  readonly flushes: readonly FlushReport[];
  /** Events missing from the trace because its sink did not keep up. */
  readonly missing: { readonly appends: number; readonly flushes: number };
  /** How the trace ends; absent if the process was killed. */
  readonly end?: "closed" | "full" | undefined;
}

/**
 * Reads a whole trace into memory: 20 bytes per append and about 150 per flush.
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
 * for (let nth = 0; nth < 10; nth++) await wal.append("a record");
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
  let options: TracedOptions | undefined;
  let end: Trace["end"];
  const arrivals = new ArrivalColumns();
  const flushes: FlushReport[] = [];
  const missing = { appends: 0, flushes: 0 };
  for await (const event of readTrace(source)) {
    switch (event.kind) {
      case "header":
        options = event.options;
        break;
      case "turn":
        for (const { bytes, records } of event.appends) {
          arrivals.push(event.at, bytes, records);
        }
        break;
      case "flush":
        flushes.push(event.flush);
        break;
      case "gap":
        missing.appends += event.appends;
        missing.flushes += event.flushes;
        break;
      case "end":
        end = event.reason;
    }
  }
  return {
    options: options!,
    arrivals,
    flushes,
    missing,
    ...(end !== undefined && { end }),
  };
}

const FIRST = 1024;

/** Arrivals in columns of numbers, at 20 bytes each. */
class ArrivalColumns implements Iterable<Arrival> {
  #at = new Float64Array(FIRST);
  #bytes = new Float64Array(FIRST);
  #records = new Uint32Array(FIRST);
  /** Number of arrivals. */
  length = 0;

  /** Adds an arrival at the end. */
  push(at: number, bytes: number, records: number): void {
    if (this.length === this.#at.length) this.#grow();
    this.#at[this.length] = at;
    this.#bytes[this.length] = bytes;
    this.#records[this.length++] = records;
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

  #grow(): void {
    const grown = this.length * 2;
    const [at, bytes, records] = [this.#at, this.#bytes, this.#records];
    this.#at = new Float64Array(grown);
    this.#at.set(at);
    this.#bytes = new Float64Array(grown);
    this.#bytes.set(bytes);
    this.#records = new Uint32Array(grown);
    this.#records.set(records);
  }
}
