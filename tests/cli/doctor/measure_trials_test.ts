import { measureInTurns } from "../../../cli/doctor/measure_trials.ts";
import type { Subject } from "../../../cli/doctor/subject.ts";
import { seeded } from "../../../random.ts";
import { assertEquals, assertGreater, assertLess } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/** Subjects whose runs take these times, on a simulated clock. */
class Bench {
  time = 0;
  readonly order: number[] = [];
  readonly subjects: Subject[];

  /** Runs in the current turn. */
  runs = 0;
  mostRuns = 0;

  constructor(
    costs: readonly number[],
    answerLater = false,
    fullAfter = Infinity,
  ) {
    const isFull = () => this.runs >= fullAfter;
    this.subjects = costs.map((cost, index) => ({
      prepare: () => {
        this.order.push(index);
        this.time += 1000;
        this.runs = 0;
      },
      get isFull() {
        return isFull();
      },
      run: () => {
        this.time += cost;
        this.mostRuns = Math.max(this.mostRuns, ++this.runs);
        if (answerLater) return Promise.resolve();
      },
      close: () => {},
    }));
  }

  measure(totalMs: number, signal = new AbortController().signal) {
    const now = () => this.time;
    const choose = seeded(7);
    return measureInTurns(this.subjects, { totalMs, choose, signal, now });
  }
}

test("measureInTurns() gives each subject one turn per round, in any order", async () => {
  const bench = new Bench([1, 2, 5]);
  await bench.measure(100_000);
  const { length } = bench.order;
  assertGreater(length, 20);
  const rounds = new Set<string>();
  for (let at = 0; at + 3 <= length; at += 3) {
    const round = bench.order.slice(at, at + 3);
    rounds.add(round.join());
    assertEquals(round.toSorted(), [0, 1, 2]);
  }
  assertGreater(rounds.size, 3);
});

test("measureInTurns() ends a turn when a file is full, or at 100 ms", async () => {
  const bench = new Bench([1], false, 30);
  await bench.measure(1_000_000);
  assertEquals(bench.mostRuns, 30);
  const unbounded = new Bench([1]);
  await unbounded.measure(1_000_000);
  assertEquals(unbounded.mostRuns, 100);
});

test("measureInTurns() counts the runs, but not the preparation", async () => {
  for (const answerLater of [false, true]) {
    const bench = new Bench([1, 20], answerLater);
    const [fast, slow] = await bench.measure(60_000);
    assertEquals([fast.all.min, fast.all.max], [1, 1]);
    assertEquals([slow.all.min, slow.all.max], [20, 20]);
    assertGreater(fast.all.count, 10 * slow.all.count);
    const [first, second] = fast.halves;
    assertEquals(first.count + second.count, fast.all.count);
    assertGreater(Math.min(first.count, second.count), 0);
  }
});

test("measureInTurns() completes a round, however slow", async () => {
  const bench = new Bench([1e6, 1e6]);
  const found = await bench.measure(10);
  assertEquals(found.map(({ all }) => all.count), [1, 1]);
});

test("measureInTurns() ends after the run in which it is aborted", async () => {
  const controller = new AbortController();
  const bench = new Bench([1, 1]);
  const { run } = bench.subjects[0];
  let runs = 0;
  bench.subjects[0].run = () => {
    if (++runs === 5) controller.abort();
    return run();
  };
  await bench.measure(1e5, controller.signal);
  assertEquals(runs, 5);
  assertLess(bench.order.length, 4);
});
