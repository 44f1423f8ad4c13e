/*
 * Goal: of processes that open one log at the same instant one wins, and the
 * others learn who it is, whatever the runtimes. Method: processes that live
 * through many races, in all pairs and all together, on directories that are
 * new, closed, or left by a process that was killed.
 */
import { cpSync, mkdirSync } from "node:fs";
import { assert, assertEquals, assertStringIncludes } from "../kit/assert.ts";
import { Racer } from "../kit/process/racer.ts";
import { bundleVictim, pairs, runtimes } from "../kit/process/runtimes.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const ROUNDS = 6;

/** Two processes of each runtime, so that each can race its own kind. */
async function withRacers(
  use: (racers: Racer[], scratch: string) => Promise<void>,
): Promise<void> {
  await withTempDir(async (scratch) => {
    const victim = await bundleVictim("racer", scratch);
    await using stack = new AsyncDisposableStack();
    const racers = [...runtimes, ...runtimes].map((runtime) =>
      stack.use(new Racer(runtime, victim))
    );
    for (const racer of racers) await racer.ready();
    await use(racers, scratch);
  });
}

/** Lets them race; returns the winner, who has the log open. */
async function race(racers: Racer[], directory: string): Promise<Racer> {
  const at = Date.now() + 5;
  const answers = await Promise.all(
    racers.map((racer) => racer.do({ act: "open", directory, at })),
  );
  const won = racers.filter((_, index) => answers[index].state === "open");
  assertEquals(won.length, 1, JSON.stringify(answers));
  const [winner] = won;
  for (const answer of answers) {
    if (answer.state === "open") continue;
    assert(answer.state === "locked", JSON.stringify(answer));
    assertEquals(answer.pid, winner.pid);
    const who = `${winner.runtime.name} process ${winner.pid}`;
    assertStringIncludes(answer.message, who);
  }
  return winner;
}

/** Tells the winner to append and to close; returns the LSN of its record. */
async function useAndClose(winner: Racer): Promise<number> {
  const answer = await winner.do({ act: "append" });
  assert(answer.state === "appended", JSON.stringify(answer));
  assertEquals(await winner.do({ act: "close" }), { state: "closed" });
  return answer.lsn;
}

test("Wal.open() lets one of racing processes win, in every pair", () =>
  withRacers(async (racers, scratch) => {
    for (const [one, other] of pairs) {
      const first = racers.find(({ runtime }) => runtime === one)!;
      const second = racers.findLast(({ runtime }) => runtime === other)!;
      const directory = `${scratch}/${one.name}-${other.name}`;
      for (let round = 1; round <= ROUNDS; round++) {
        const winner = await race([first, second], directory);
        assertEquals(await useAndClose(winner), round);
      }
    }
  }));

test("Wal.open() lets one of many win on a directory that is new", () =>
  withRacers(async (racers, scratch) => {
    for (let round = 0; round < 2 * ROUNDS; round++) {
      const winner = await race(racers, `${scratch}/made/${round}`);
      assertEquals(await useAndClose(winner), 1);
    }
  }));

test("Wal.open() lets one of many take what a killed process left", () =>
  withRacers(async (racers, scratch) => {
    for (const runtime of runtimes) {
      const left = `${scratch}/${runtime.name}`;
      await using owner = new Racer(runtime, `${scratch}/racer.mjs`);
      await owner.ready();
      await owner.do({ act: "open", directory: left, at: 0 });
      await owner.do({ act: "append" });
      const [other] = racers;
      const order = { act: "open", directory: left, at: 0 } as const;
      const refused = await other.do(order);
      assert(refused.state === "locked");
      assertEquals(refused.pid, owner.pid);
      await owner.kill();
      for (let round = 0; round < ROUNDS; round++) {
        const directory = `${left}-${round}`;
        mkdirSync(directory);
        cpSync(left, directory, { recursive: true });
        const winner = await race(racers, directory);
        assertEquals(await useAndClose(winner), 2);
      }
    }
  }));

test("Wal.open() with takeOver leaves one owner of racing processes", () =>
  withRacers(async (racers, scratch) => {
    const directory = `${scratch}/log`;
    let last = 0;
    for (let round = 0; round < 2 * ROUNDS; round++) {
      const at = Date.now() + 5;
      const order = { act: "open", directory, at, takeOver: true } as const;
      const opened = await Promise.all(racers.map((racer) => racer.do(order)));
      // All but the last to take it were fenced, some while they opened.
      const answers = await Promise.all(
        racers.filter((_, index) => opened[index].state === "open")
          .map((racer) => racer.do({ act: "append" })),
      );
      const lsns = answers.flatMap((answer) =>
        answer.state === "appended" ? [answer.lsn] : []
      );
      const all = JSON.stringify([opened, answers]);
      assertEquals(lsns.length, 1, all);
      for (const lsn of lsns) assertEquals(lsn, ++last, all);
      for (const racer of racers) await racer.do({ act: "close" });
    }
  }));
