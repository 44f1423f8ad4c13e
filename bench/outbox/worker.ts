/**
 * The process that makes transfers and delivers their events.
 *
 * @module
 */

import { join } from "node:path";
import { dispatch } from "../../docs/examples/outbox/dispatch.ts";
import { Ledger } from "../../docs/examples/outbox/ledger.ts";
import { answerJob } from "../process/worker.ts";
import { median } from "../report/statistics.ts";

/** What to measure. */
export interface OutboxJob {
  readonly rounds: number;
  /** Events to deliver in each round. */
  readonly events: number;
  /** How long transfers are made in each round, in ms. */
  readonly sliceMs: number;
}

/** What was found. */
export interface OutboxFound {
  readonly cases: readonly {
    readonly name: string;
    readonly perSecond: number;
  }[];
}

const PAYMENT = { from: "ann", to: "bob", cents: 1 };

let transfers = 0;

function transfer(ledger: Ledger): Promise<void> {
  return ledger.transfer(`${++transfers}`, PAYMENT);
}

/** Transfers per second of `callers` that wait for each. */
async function measureTransfers(
  ledger: Ledger,
  callers: number,
  sliceMs: number,
): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  const caller = async () => {
    while (performance.now() < startedAt + sliceMs) {
      await transfer(ledger);
      count++;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return count / (performance.now() - startedAt) * 1000;
}

/** Deliveries per second if the cursor is committed after that many records. */
async function measureDeliveries(
  ledger: Ledger,
  events: number,
  commitEvery: number,
): Promise<number> {
  await deliverAll(ledger, 1024);
  for (let made = 0; made < events; made += 500) {
    const count = Math.min(500, events - made);
    await Promise.all(Array.from({ length: count }, () => transfer(ledger)));
  }
  const startedAt = performance.now();
  await deliverAll(ledger, commitEvery);
  return events / (performance.now() - startedAt) * 1000;
}

async function deliverAll(ledger: Ledger, commitEvery: number): Promise<void> {
  const cursor = await ledger.outbox();
  await dispatch(cursor, {
    deliver() {},
    bury: () => Promise.reject(new Error("nothing fails here")),
    ...{ once: true, commitEvery },
  });
  await cursor.close();
}

await answerJob<OutboxJob>(async ({ directory, rounds, events, sliceMs }) => {
  const ledger = await Ledger.open(join(directory, "log"), { warn() {} });
  await ledger.openAccount("ann", 1e12);
  await ledger.openAccount("bob", 0);
  const few = Math.ceil(events / 10);
  const cases: Record<string, () => Promise<number>> = {
    "transfers, 1 caller": () => measureTransfers(ledger, 1, sliceMs),
    "transfers, 64 callers": () => measureTransfers(ledger, 64, sliceMs),
    "deliveries, a commit for each record": () =>
      measureDeliveries(ledger, few, 1),
    "deliveries, a commit for 64 records": () =>
      measureDeliveries(ledger, events, 64),
    "deliveries, a commit for 1024 records": () =>
      measureDeliveries(ledger, events, 1024),
  };
  const found = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(cases)) {
      const rates = found.get(name) ?? [];
      const rate = await measure();
      // The first round warms up.
      if (round > 0) rates.push(rate);
      found.set(name, rates);
    }
    await deliverAll(ledger, 1024);
    await ledger.checkpoint();
  }
  await ledger.close();
  return {
    cases: [...found].map(([name, rates]) => ({
      name,
      perSecond: median(rates),
    })),
  } satisfies OutboxFound;
});
