import { OPEN_BYTES, Pace, REMOVE_BYTES } from "../../storage/turns.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { countedTurns } from "../kit/counted_turns.ts";
import { test } from "../kit/register.ts";

/** Work after which the clock is asked. */
const FIRST_BYTES = 1024 * 1024;

test("Pace does not ask the clock before there was some work", () => {
  const turns = countedTurns({ stepMs: 100 });
  const pace = new Pace(turns);
  for (let bytes = 0; bytes < FIRST_BYTES - 1; bytes++) {
    assertEquals(pace.spend(1), undefined);
  }
  assertEquals(turns.asked, 1);
  assert(pace.spend(1) !== undefined);
});

test("Pace gives way once a millisecond has passed", async () => {
  const turns = countedTurns();
  const pace = new Pace(turns);
  for (const [ms, count] of [[0, 0], [0.5, 0], [0.4, 0], [0.1, 1], [0.9, 1]]) {
    turns.pass(ms);
    await pace.spend(REMOVE_BYTES);
    assertEquals(turns.given, count, `${ms}`);
  }
  turns.pass(0.1);
  await pace.spend(REMOVE_BYTES);
  assertEquals(turns.given, 2);
});

test("Pace counts the time of whoever waits for it, from the first work on", async () => {
  const turns = countedTurns();
  const pace = new Pace(turns);
  turns.pass(1000);
  await pace.spend(REMOVE_BYTES);
  assertEquals(turns.given, 0);
});

test("Pace asks more often if little work takes long", async () => {
  const turns = countedTurns();
  const pace = new Pace(turns);
  const spent: number[] = [];
  for (let given = 1; given <= 6; given++) {
    let files = 0;
    while (turns.given < given) {
      turns.pass(0.5);
      await pace.spend(OPEN_BYTES);
      files++;
    }
    spent.push(files);
  }
  assertEquals(spent, [256, 2, 2, 2, 2, 2]);
});

test("Pace shares a slice among those who work at the same time", async () => {
  const turns = countedTurns({ holds: true });
  const waiting = [1, 2, 3].map(() => {
    const pace = new Pace(turns);
    pace.spend(0);
    turns.pass(2);
    return pace.spend(FIRST_BYTES);
  });
  assert(waiting.every((turn) => turn !== undefined));
  const fourth = new Pace(turns);
  fourth.spend(0);
  turns.pass(0.2);
  assertEquals(fourth.spend(FIRST_BYTES), undefined);
  turns.pass(0.1);
  const last = fourth.spend(FIRST_BYTES);
  assert(last !== undefined);
  turns.release();
  await Promise.all([...waiting, last]);
});
