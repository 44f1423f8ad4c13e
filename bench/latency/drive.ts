import type { Buffer } from "node:buffer";
import type { Taker } from "./setups.ts";

/** How long unacknowledged records are waited for after the last arrival. */
const GRACE_MS = 1000;

/** Latencies of an open loop. */
export interface Driven {
  /** Of each arrival in ms, from the instant at which it was to come. */
  readonly latencies: Float64Array;
  /** Arrivals without an ack when all was over; their latency is a minimum. */
  readonly unacked: number;
  /** From the first arrival to the last ack, in ms. */
  readonly elapsedMs: number;
}

/**
 * Appends a record at each instant, whether or not those before are
 * acknowledged. A record that comes late, as the loop was blocked by a sync,
 * still counts from the instant at which it was to come: otherwise just the
 * slowest moments would go unmeasured (coordinated omission).
 */
export async function drive(
  taker: Taker,
  instants: Float64Array,
  records: readonly Buffer[],
): Promise<Driven> {
  const latencies = new Float64Array(instants.length).fill(NaN);
  const startAt = performance.now() + 10;
  let unacked = instants.length;
  let lastAck = 0;
  async function send(index: number): Promise<void> {
    await taker.append(records[index % records.length]);
    lastAck = performance.now() - startAt;
    latencies[index] = lastAck - instants[index];
    unacked--;
  }
  let next = 0;
  const endAt = instants[instants.length - 1] + GRACE_MS;
  // Turn after turn, as no timer is fine enough; one core is busy with it.
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
