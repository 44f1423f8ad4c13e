import type { Buffer } from "node:buffer";
import { exponential, SeededRandom } from "../../random.ts";

/** Takes the records of an open loop. */
export interface Sink {
  /** Resolves when the record is durable. */
  append(record: Buffer): Promise<unknown>;
}

/** Latencies of an open loop. */
export interface OpenLoop {
  /** One for each arrival, in ms, from the instant at which it was due. */
  readonly latencies: Float64Array;
  /** Arrivals that never got an ack; their latency is a lower bound. */
  readonly unacked: number;
  /** From the first arrival to the last ack, in ms. */
  readonly elapsedMs: number;
}

/** How long to wait for acks after the last arrival. */
const GRACE_MS = 1000;

/**
 * Instants in ms, counted from 0, at which records arrive: `rate` per second on
 * average and independent of each other (a Poisson process), the same for each
 * seed.
 */
export function arrivals(
  rate: number,
  seconds: number,
  seed: number,
): Float64Array {
  const random = new SeededRandom(seed);
  const instants: number[] = [];
  let at = 0;
  while (true) {
    at += exponential(random.next(), 1000 / rate);
    if (at >= seconds * 1000) return Float64Array.from(instants);
    instants.push(at);
  }
}

/**
 * Appends a record at each instant, whether or not earlier ones have been
 * acknowledged. If a sync blocks the event loop, a record is appended late, but
 * its latency counts from the instant at which it was due: otherwise exactly the
 * slowest moments would not be measured (coordinated omission).
 */
export async function drive(
  sink: Sink,
  instants: Float64Array,
  records: readonly Buffer[],
): Promise<OpenLoop> {
  const latencies = new Float64Array(instants.length).fill(NaN);
  const startAt = performance.now() + 10;
  let unacked = instants.length;
  let lastAck = 0;
  async function send(index: number): Promise<void> {
    await sink.append(records[index % records.length]);
    lastAck = performance.now() - startAt;
    latencies[index] = lastAck - instants[index];
    unacked--;
  }
  let next = 0;
  const endAt = instants[instants.length - 1] + GRACE_MS;
  // No timer is fine enough, so this loop keeps one core busy.
  while (unacked > 0) {
    const now = performance.now() - startAt;
    if (now > endAt) break;
    while (next < instants.length && instants[next] <= now) send(next++);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const now = performance.now() - startAt;
  for (let index = 0; index < latencies.length; index++) {
    if (Number.isNaN(latencies[index])) {
      latencies[index] = now - instants[index];
    }
  }
  return { latencies, unacked, elapsedMs: unacked > 0 ? now : lastAck };
}
