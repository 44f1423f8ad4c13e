import fc from "fast-check";
import "../../reader/on_demand.ts"; // So that followers begin at once.
import { TruncatedError } from "../../storage/frame_log.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { FakeLogSource, FakeLogView } from "../kit/fake_log_source.ts";
import { test } from "../kit/register.ts";

/*
 * Goal: those who read a log that is cut back see no record that is not part of it,
 * and learn of the cut if they have seen one that no longer is. Method: a log whose
 * states the test sets.
 */

function logOf(count: number, recordsPerFrame = 3) {
  const source = new FakeLogSource(recordsPerFrame);
  source.add(...Array.from({ length: count }, (_, at) => at + 1));
  return { source, log: new FakeLogView(source) };
}

/** What `next` answers: a value, "done" or the name of an error. */
async function answer(
  next: Promise<IteratorResult<{ lsn: number; data: number }, undefined>>,
): Promise<unknown> {
  try {
    const { done, value } = await next;
    return done ? "done" : [value.lsn, value.data];
  } catch (error) {
    return (error as Error).name;
  }
}

test("follow() goes on after a cut above what it has shown, wherever that falls", async () => {
  for (let shown = 0; shown <= 9; shown++) {
    for (let lastLsn = 0; lastLsn <= 9; lastLsn++) {
      for (const added of [0, 1, 5]) {
        const { source, log } = logOf(9);
        const follower = log.follow();
        for (let count = 0; count < shown; count++) await follower.next();
        source.cut(lastLsn);
        source.add(...Array(added).fill(77));
        source.end = "closed";
        for (let lsn = shown + 1; lsn <= lastLsn + added; lsn++) {
          if (shown > lastLsn) break;
          const value = lsn > lastLsn ? 77 : lsn;
          assertEquals(await answer(follower.next()), [lsn, value]);
        }
        const end = shown > lastLsn ? "TruncatedError" : "done";
        assertEquals(await answer(follower.next()), end);
      }
    }
  }
});

test("follow() notices a cut while it reads history", async () => {
  for (let lastLsn = 0; lastLsn <= 12; lastLsn++) {
    for (let nth = 1; nth <= 4; nth++) {
      const { source, log } = logOf(12);
      let batches = 0;
      source.beforeBatch = () => {
        if (++batches === nth) source.cut(lastLsn);
      };
      const lsns: number[] = [];
      const following = (async () => {
        for await (const { lsn } of log.follow()) {
          lsns.push(lsn);
          if (lsn === lastLsn) source.end = "closed";
        }
      })();
      if (lastLsn === 0) source.end = "closed";
      const error = await following.then(() => undefined, (error) => error);
      const shown = 3 * (nth - 1);
      assertEquals(error?.name, shown > lastLsn ? "TruncatedError" : undefined);
      const seen = Math.max(shown, lastLsn);
      assertEquals(lsns, Array.from({ length: seen }, (_, at) => at + 1));
    }
  }
});

test("reads notice a cut below what they have yet to read", async () => {
  for (const options of [{}, { reverse: true }, { since: undefined }]) {
    const { source, log } = logOf(12);
    const reading = log.read(options);
    await reading.next();
    source.cut(5);
    const error = await assertRejects(async () => {
      for await (const _ of reading);
    }, TruncatedError);
    const { lsn, lastLsn } = error as TruncatedError;
    assertEquals([lsn, lastLsn], [6, 5]);
    assertEquals((await reading.next()).done, true);
  }
});

test("reads ignore a cut above what they read", async () => {
  for (const reverse of [false, true]) {
    const { source, log } = logOf(12);
    const reading = log.read({ to: 8, reverse });
    await reading.next();
    source.cut(8);
    let count = 1;
    for await (const _ of reading) count++;
    assertEquals(count, 8);
  }
});

test("followers of any log show what is true, in order, or say why not", async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("add" as const), count: fc.nat(7) }),
    fc.record({ do: fc.constant("cut" as const), back: fc.nat(6) }),
    fc.record({ do: fc.constant("drop" as const), back: fc.nat(6) }),
    fc.record({ do: fc.constant("pull" as const), count: fc.nat(5) }),
    fc.record({ do: fc.constant("turn" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { source, log } = logOf(5);
      const follower = log.follow({ from: 1 });
      const shown: number[] = [];
      const answers: Promise<void>[] = [];
      let value = 100;
      let error: Error | undefined;
      let isDone = false;
      const pull = () =>
        follower.next().then(({ done, value }) => {
          if (done) return void (isDone = true);
          assertEquals(value.lsn, shown.length + 1);
          assertEquals(value.data, source.records.get(value.lsn));
          shown.push(value.data);
        }, (caught) => {
          error = caught;
        });
      for (const step of steps) {
        if (step.do === "add") {
          source.add(
            ...Array.from({ length: step.count }, () => value++ % 256),
          );
        } else if (step.do === "cut") {
          source.cut(
            Math.max(source.firstLsn - 1, source.levels.os - step.back),
          );
        } else if (step.do === "drop") {
          source.firstLsn = Math.max(
            source.firstLsn,
            source.levels.os + 1 - step.back,
          );
        } else if (step.do === "turn") await anotherTurn();
        else for (let n = 0; n < step.count; n++) answers.push(pull());
        await anotherTurn();
      }
      source.end = "closed";
      source.tell();
      while (!isDone && error === undefined) await pull();
      await Promise.all(answers);
      const kept = Array.from(
        { length: Math.min(shown.length, source.levels.os) },
        (_, at) => source.records.get(at + 1),
      );
      if (error === undefined) {
        assertEquals(shown.length, source.levels.os);
        assertEquals(shown, kept as number[]);
      } else {
        assert(/^(Truncated|Compacted)Error$/.test(error.name), `${error}`);
      }
      assertEquals(source.watchers, 0);
    }),
    { numRuns: 300 },
  );
});

test("a follower refuses to say that it has seen all if it has not", async () => {
  const { source, log } = logOf(3);
  const follower = log.follow();
  for (let lsn = 1; lsn <= 3; lsn++) await follower.next();
  const next = follower.next();
  source.levels.memory = source.levels.os = 4; // never durable
  source.end = "closed";
  source.tell();
  await assertRejects(() => next, LogClosedError);
  assertEquals(source.watchers, 0);
});

test("every call looks where the log stands first", async () => {
  const { source, log } = logOf(0);
  let refreshed = 0;
  log.onRefresh = async () => {
    await anotherTurn();
    refreshed++;
    source.add(refreshed);
  };
  assertEquals((await log.get(1))?.data, 1);
  assertEquals((await log.last(9)).map(({ data }) => data), [1, 2]);
  assertEquals((await log.read({ from: 3 }).next()).value?.data, 3);
  assertEquals((await log.readBatches({ from: 4 }).next()).value?.firstLsn, 4);
  const reverse = await log.read({ reverse: true }).next();
  assertEquals(reverse.value?.data, 5);
  const follower = log.follow({ from: 6 });
  assertEquals((await follower.next()).value?.data, 6);
  await follower.return(undefined);
  assertEquals(refreshed, 6);
});

test("a follower that nobody asks is not woken for long", async () => {
  const { source, log } = logOf(3);
  const follower = log.follow();
  for (let lsn = 1; lsn <= 3; lsn++) await follower.next();
  const next = follower.next();
  await anotherTurn();
  assertEquals(source.watchers, 1);
  source.add(4);
  await next;
  source.add(5);
  assertEquals(source.watchers, 0);
  assertEquals((await follower.next()).value?.lsn, 5);
  await follower.return(undefined);
});

test("close() ends a follower that reads history", async () => {
  const { log } = logOf(12);
  const follower = log.follow();
  await follower.next();
  await log.close();
  const lsns: number[] = [];
  await assertRejects(
    async () => {
      for await (const { lsn } of follower) lsns.push(lsn);
    },
    LogClosedError,
    "Cannot follow because the log is closed",
  );
  assertEquals(lsns, [2, 3]); // the rest of the frame that it had
});
