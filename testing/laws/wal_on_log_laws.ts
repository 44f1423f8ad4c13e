import assert from "node:assert/strict";
import { SeededRandom } from "../../random.ts";
import { CompactedError } from "../../storage/frame_log.ts";
import { Wal } from "../../wal.ts";
import { ConflictError } from "../../writer/append_queue.ts";
import { expectBytes, expectEqual } from "../contract/expect.ts";
import {
  type FrameLogLaw,
  type FrameLogUnderTest,
  recordOf,
} from "./frame_log_under_test.ts";

/** Laws on what a `Wal` on a frame log does. */
export const walOnLogLaws: FrameLogLaw[] = [
  {
    name: "a Wal appends in order, and reads back what it acknowledged",
    check: (trial) =>
      withWal(trial, async (wal) => {
        const { lastLsn } = wal;
        const lsns = Array.from({ length: 50 }, (_, at) => lastLsn + 1 + at);
        const acked = lsns.map((lsn) => wal.append(recordOf(lsn)));
        expectEqual(await Promise.all(acked), lsns, "the LSNs of appends");
        expectEqual(wal.durableLsn, lastLsn + 50, "durableLsn of a Wal");
        await readsBack(wal, wal.firstLsn, wal.lastLsn);
      }),
  },
  {
    name: "Wal.get() finds each record, or says why not",
    check: (trial) =>
      withWal(trial, async (wal) => {
        const { firstLsn } = wal;
        const records = Array.from(
          { length: 20 },
          (_, at) => recordOf(firstLsn + at),
        );
        await wal.appendBatch(records);
        await wal.truncateBefore(firstLsn + 5);
        for (let lsn = firstLsn; lsn <= wal.lastLsn; lsn++) {
          const found = await wal.get(lsn).catch((error) => error);
          const what = `Wal.get(${lsn})`;
          if (lsn >= firstLsn + 5) {
            expectBytes(found.data, recordOf(lsn), what);
          } else {assert.ok(
              found instanceof CompactedError,
              `${what}: ${found}`,
            );}
        }
        await assert.rejects(wal.get(wal.lastLsn + 1), RangeError);
      }),
  },
  {
    name: "a Wal holds what a model holds, whatever is done with it",
    async check(trial) {
      const random = new SeededRandom(trial.seed);
      for (let life = 0; life < 4; life++) {
        if (life > 0) {
          if (!trial.canReopen) return;
          await trial.takeBack();
        }
        const { firstLsn, lastLsn } = trial.log;
        await withWal(trial, (wal) => live(wal, random, { firstLsn, lastLsn }));
      }
    },
  },
];

/** Calls `use` with a log, and closes the log in any case. */
async function withWal(
  trial: FrameLogUnderTest,
  use: (wal: Wal) => Promise<void>,
): Promise<void> {
  const wal = await Wal.open(trial.handOver());
  try {
    await use(wal);
  } catch (error) {
    await wal.close().catch(() => {});
    throw error;
  }
  await wal.close();
}

/** The positions that a log must have. */
interface Model {
  firstLsn: number;
  lastLsn: number;
}

/** Uses a log at random, and compares it with the model after each step. */
async function live(
  wal: Wal,
  random: SeededRandom,
  model: Model,
): Promise<void> {
  for (let step = 0; step < 60; step++) {
    const name = STEP_NAMES[Math.floor(random.next() * STEP_NAMES.length)];
    await STEPS[name](wal, random, model);
    const what = `after step ${step}, ${name}`;
    expectEqual(wal.firstLsn, model.firstLsn, `firstLsn ${what}`);
    expectEqual(wal.lastLsn, model.lastLsn, `lastLsn ${what}`);
    const from = model.firstLsn +
      Math.floor(random.next() * (model.lastLsn - model.firstLsn + 1));
    await wal.flush();
    await readsBack(wal, from, model.lastLsn);
  }
}

const STEPS = {
  async append(wal: Wal, _random: SeededRandom, model: Model) {
    const lsn = await wal.append(recordOf(model.lastLsn + 1));
    expectEqual(lsn, ++model.lastLsn, "the LSN of an append");
  },
  async appendBatch(wal: Wal, random: SeededRandom, model: Model) {
    const first = model.lastLsn + 1;
    const length = 1 + Math.floor(random.next() * 9);
    const records = Array.from(
      { length },
      (_, index) => recordOf(first + index),
    );
    model.lastLsn += length;
    const expected = { first, last: model.lastLsn };
    expectEqual(await wal.appendBatch(records), expected, "LSNs of a batch");
  },
  enqueue(wal: Wal, random: SeededRandom, model: Model) {
    for (let left = Math.floor(random.next() * 30); left >= 0; left--) {
      const lsn = wal.enqueue(recordOf(model.lastLsn + 1));
      expectEqual(lsn, ++model.lastLsn, "the LSN of an enqueue");
    }
  },
  async expect(wal: Wal, random: SeededRandom, model: Model) {
    const expect = model.lastLsn + 1 + Math.floor(random.next() * 2);
    const record = recordOf(model.lastLsn + 1);
    const acked = await wal.append(record, { expect }).catch((error) => error);
    if (expect === model.lastLsn + 1) {
      expectEqual(acked, ++model.lastLsn, "the LSN of an expected append");
    } else assert.ok(acked instanceof ConflictError, `a conflict: ${acked}`);
  },
  async truncateBefore(wal: Wal, random: SeededRandom, model: Model) {
    const kept = model.lastLsn - model.firstLsn + 2;
    model.firstLsn += Math.floor(random.next() * kept);
    await wal.flush();
    await wal.truncateBefore(model.firstLsn);
  },
};

const STEP_NAMES = Object.keys(STEPS) as (keyof typeof STEPS)[];

/** Holds the records from `from` to `to` against what they must be. */
async function readsBack(wal: Wal, from: number, to: number): Promise<void> {
  let next = from;
  for await (const { lsn, data } of wal.read({ from, to })) {
    expectEqual(lsn, next, "the next LSN of Wal.read()");
    expectBytes(data, recordOf(next++), `record ${lsn} of Wal.read()`);
  }
  expectEqual(next - 1, to, "the last LSN of Wal.read()");
}
