import fc from "fast-check";
import "../../reader/on_demand.ts"; // So that followers begin at once.
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { AckLevel } from "../../writer/acks.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { asyncStorage } from "../kit/async_storage.ts";
import { recordAt } from "../kit/lookup_log.ts";
import { test } from "../kit/register.ts";
import { type FollowerPlan, WatchedFollower } from "../kit/watched_follower.ts";

/** Small segments, so that followers meet rotations. */
const OPTIONS = { segmentBytes: 4096, reserveBytes: 0 };

const LEVELS: readonly AckLevel[] = ["memory", "os", "disk"];

/** A step of a random run; numbers choose among what there is. */
type Step =
  | { do: "append"; count: number; ack: AckLevel }
  | { do: "enqueue" | "flush" | "turn" | "tick" | "checkpoint" }
  | { do: "follow"; plan: FollowerPlan; behind: number }
  | { do: "pull"; who: number; calls: number }
  | { do: "leave"; who: number };

const level = fc.constantFrom(...LEVELS);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 30 })),
      ack: level,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...["enqueue", "flush", "turn", "tick", "checkpoint"] as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("follow" as const),
      plan: fc.record({ level, batches: fc.boolean() }),
      behind: fc.nat(40),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("pull" as const),
      who: fc.nat(9),
      calls: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("leave" as const), who: fc.nat(9) }),
  },
);

/** A log, and those who follow it. */
class Run {
  readonly followers: WatchedFollower[] = [];
  #next = 1;

  constructor(readonly wal: Wal) {}

  async take(step: Step): Promise<void> {
    const { wal, followers } = this;
    const chosen = "who" in step
      ? followers[step.who % followers.length]
      : undefined;
    if (step.do === "append") {
      const batch = Array.from(
        { length: step.count },
        () => recordAt(this.#next++),
      );
      wal.appendBatch(batch, { ack: step.ack }).catch(() => {});
    } else if (step.do === "enqueue") wal.enqueue(recordAt(this.#next++));
    else if (step.do === "flush") await wal.flush();
    else if (step.do === "turn") await anotherTurn();
    else if (step.do === "tick") await null;
    else if (step.do === "checkpoint") await this.#checkpoint();
    else if (step.do === "follow") {
      const from = Math.max(wal.firstLsn, wal.lastLsn + 1 - step.behind);
      followers.push(new WatchedFollower(wal, { ...step.plan, from }));
    } else if (step.do === "pull") {
      for (let call = 0; call < step.calls; call++) chosen?.pull();
    } else if (chosen !== undefined) {
      followers.splice(followers.indexOf(chosen), 1);
      await chosen.return();
    }
  }

  /** Drops what all have seen; those who begin later begin after it. */
  async #checkpoint(): Promise<void> {
    const { writtenLsn } = this.wal;
    const next = this.followers.map((follower) => follower.next);
    await this.wal.truncateBefore(Math.min(writtenLsn + 1, ...next));
  }

  /** Closes the log; those who ask for more from now on see its end. */
  async close(areWaiting: boolean): Promise<void> {
    const { wal, followers } = this;
    const { firstLsn, lastLsn } = wal;
    if (areWaiting) {
      const draining = followers.map((follower) => follower.drain());
      await wal.flush();
      while (followers.some((follower) => follower.next <= lastLsn)) {
        await anotherTurn();
      }
      await wal.close();
      await Promise.all(draining);
      for (const { end } of followers) assertEquals(end, "done");
    } else {
      for (const follower of followers) follower.hasBegun = follower.isAsked;
      await wal.close();
      await Promise.all(followers.map((follower) => follower.drain()));
    }
    for (const { end, next, hasBegun } of followers) {
      assert(next >= firstLsn && next <= lastLsn + 1);
      const sawAll = hasBegun && next > lastLsn;
      assertEquals(end, sawAll ? "done" : "LogClosedError");
    }
  }
}

for (const isAsync of [false, true]) {
  test(`follow() shows every record once, in order, whatever else happens: storage that answers ${isAsync ? "later" : "at once"}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.boolean(),
        fc.constantFrom("full" as const, "normal" as const, "off" as const),
        async (steps, areWaiting, synchronous) => {
          const memory = new MemoryStorage();
          const storage = isAsync ? asyncStorage(memory) : memory;
          const wal = await Wal.open(storage, { ...OPTIONS, synchronous });
          const run = new Run(wal);
          for (const step of steps) await run.take(step);
          await run.close(areWaiting);
          for (const follower of run.followers) await follower.settled();
        },
      ),
      { numRuns: isAsync ? 60 : 200 },
    );
  });
}
