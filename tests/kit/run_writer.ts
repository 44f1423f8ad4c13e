import type { BatchPolicy, FlushReport } from "../../policies/batch_policy.ts";
import type { SettingsChange } from "../../simulator/_run.ts";
import type { Source } from "../../simulator/_source.ts";
import type { Arrival } from "../../simulator/arrivals.ts";
import type { CostModel } from "../../simulator/costs.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { anotherTurn } from "./another_turn.ts";
import { CostedFrameLog } from "./costed_frame_log.ts";
import { EventClock } from "./event_clock.ts";
import { ObservingPolicy } from "./observing_policy.ts";

/** How often a simulation lets a policy put a batch off. */
const MOST_PUT_OFFS = 1000;

/** What the real writer did. */
export interface WriterRun {
  /** Each flush, in order. */
  readonly flushes: readonly FlushReport[];
  /** For each append, in order, the ms until its ack. */
  readonly latencies: readonly number[];
}

/** Runs the real writer as `simulate` runs its own, one event at a time. */
export async function runWriter(
  policy: BatchPolicy,
  source: Source,
  costs: CostModel,
  { changes = [], depth = 1, ...options }: WalOptions & {
    changes?: readonly SettingsChange[];
    depth?: number;
  } = {},
): Promise<WriterRun> {
  const clock = new EventClock();
  const log = new CostedFrameLog(clock, costs, depth);
  const observer = new ObservingPolicy(policy);
  let nextChange = 0;
  const wal = await Wal.open(log, { clock, policy: observer, ...options });
  const latencies: number[] = [];
  let acked: [index: number, caller: number][] = [];
  let appends = 0;
  let asked = 0;
  let closing = false;

  const change = () => {
    while (changes[nextChange]?.at <= clock.time) {
      const { at: _, policy, ...bounds } = changes[nextChange++];
      asked = observer.asked;
      const observed = policy && observer.also(policy);
      wal.configure({ ...bounds, policy: observed }).catch(() => {});
    }
  };
  const deliver = () => {
    for (const [, caller] of acked.sort(([a], [b]) => a - b)) {
      asked = observer.asked;
      if (!closing) source.acknowledged(caller, clock.time);
    }
    acked = [];
    change();
    while (source.nextAt <= clock.time) {
      asked = observer.asked;
      const caller = source.nextCaller;
      const index = appends++;
      const arrival = source.take();
      append(wal, arrival).then(() => {
        latencies[index] = clock.time - arrival.at;
        acked.push([index, caller]);
      });
    }
  };
  const turn = async () => {
    do {
      clock.endTurn();
      await anotherTurn();
      deliver();
      await anotherTurn();
    } while (clock.isTurning || acked.length > 0);
  };

  while (true) {
    const mayFire = log.isBusy || observer.asked - asked <= MOST_PUT_OFFS;
    const timerAt = mayFire ? clock.nextAt : Infinity;
    const changeAt = changes[nextChange]?.at ?? Infinity;
    const arrivesAt = Math.min(source.nextAt, changeAt);
    if (Math.min(timerAt, arrivesAt) === Infinity) break;
    if (timerAt <= arrivesAt) clock.fire();
    else clock.time = arrivesAt;
    await anotherTurn();
    deliver();
    // What waits for a promise goes on before the turn ends.
    await anotherTurn();
    await turn();
  }
  closing = true;
  const closed = wal.close().then(() => true);
  while (!await Promise.race([closed, turn()])) {
    if (log.isBusy) clock.fire();
  }
  return { flushes: observer.flushes, latencies };
}

function append(wal: Wal, { bytes, records = 1 }: Arrival): Promise<unknown> {
  const first = new Uint8Array(bytes);
  if (records === 1) return wal.append(first);
  return wal.appendBatch([first, ...Array(records - 1).fill("")]);
}
