/**
 * Goal: a task is answered once, truly, and by nothing but its own outcome,
 * whenever its thread ends. Threads here run a text of the test's.
 *
 * @module
 */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { FlushThread } from "../../../storage/thread/flush_thread.ts";
import { FLUSH_WORKER } from "../../../storage/thread/flush_worker_source.ts";
import {
  type FrameOutcome,
  type FrameTask,
  STAGE,
} from "../../../storage/thread/frame_thread.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { canReadProc } from "../../kit/can_read_proc.ts";
import { test } from "../../kit/register.ts";
import { runtime } from "../../kit/runtime.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

const SYNC: FrameTask = {
  target: { name: "none", identity: "0:0", proof: {} },
  sync: true,
};

/** A thread that waits for its first task, then runs `act`. */
function threadThat(act: string): string {
  return `{
    const { workerData, receiveMessageOnPort } =
      process.getBuiltinModule("node:worker_threads");
    const fs = process.getBuiltinModule("node:fs");
    const { memory, port, directory } = workerData;
    const words = new Int32Array(memory, 0, 16);
    const busy = (ms) => {
      for (const end = performance.now() + ms; performance.now() < end;);
    };
    port.postMessage(0);
    while (words[1] !== ${STAGE.handed}) Atomics.wait(words, 0, words[0], 1);
    ${act}
  }`;
}

function hand(
  thread: FlushThread,
  task: FrameTask = SYNC,
): Promise<FrameOutcome> {
  return new Promise((resolve) => thread.hand(task, resolve));
}

test("FlushThread gives a task handed over by the answer to the last one its own outcome", async () => {
  // It is done, but ends before it can say so.
  const source = threadThat(`
    Atomics.store(words, 1, ${STAGE.done});
    port.close();
  `);
  const thread = await FlushThread.start(".", () => {}, source);
  const outcomes = await new Promise<FrameOutcome[]>((resolve) => {
    thread.hand(SYNC, (first) => {
      thread.hand(SYNC, (second) => resolve([first, second]));
    });
  });
  assertEquals(outcomes.map(({ end }) => end?.at), [undefined, STAGE.handed]);
  assertEquals(outcomes[0].end, undefined);
});

test("FlushThread does not take for done what failed on a thread that ended", async () => {
  const source = threadThat(`
    Atomics.store(words, 1, ${STAGE.failed});
    port.close();
  `);
  const thread = await FlushThread.start(".", () => {}, source);
  const { end, failure } = await hand(thread);
  assert(failure !== undefined || end !== undefined && end.at === undefined);
});

test("FlushThread keeps a task withdrawn whose terminated thread goes on", async () => {
  // On Deno, it does so for up to 2 s, if it takes no turn.
  await withTempDir(async (dir) => {
    const source = threadThat(`
      busy(100);
      for (;;) {
        const before = Atomics.load(words, 1);
        if (before === ${STAGE.withdrawn}) break;
        if (Atomics.compareExchange(words, 1, before, ${STAGE.writing}) ===
          before) {
          fs.writeFileSync(directory + "/written", "");
          break;
        }
      }
    `);
    const thread = await FlushThread.start(dir, () => {}, source);
    const outcome = hand(thread);
    await new Promise((resolve) => setTimeout(resolve, 20));
    thread.terminate();
    assertEquals((await outcome).end?.at, STAGE.handed);
    await new Promise((resolve) => setTimeout(resolve, 150));
    assertEquals(existsSync(join(dir, "written")), false);
  });
});

test("FlushThread hands over the next task however late a thread goes on after a failure", async () => {
  // It sleeps just before the stage says that the task has failed.
  const slow = `{
    const exchange = Atomics.compareExchange;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    Atomics.compareExchange = (words, at, before, next) => {
      if (next === ${STAGE.failed}) Atomics.wait(cell, 0, 0, 30);
      return exchange(words, at, before, next);
    };
  }`;
  await withTempDir(async (dir) => {
    const thread = await FlushThread.start(dir, () => {}, slow + FLUSH_WORKER);
    for (let nth = 0; nth < 2; nth++) {
      const { failure } = await hand(thread);
      assertEquals(failure?.at, STAGE.handed);
      assert(/it does not exist/.test(String(failure?.error)));
    }
    await thread.stop();
  });
});

test("FlushThread.stop() lets the task in progress end, however long that takes", async () => {
  const source = threadThat(`
    busy(100);
    Atomics.store(words, 1, ${STAGE.done});
    port.close();
  `);
  const thread = await FlushThread.start(".", () => {}, source);
  const outcome = hand(thread);
  await thread.stop(20);
  assertEquals((await outcome).end, undefined);
});

test("FlushThread writes to no file but the one it is told of, whatever it has open", async () => {
  await withTempDir(async (dir) => {
    writeFileSync(join(dir, "log"), "");
    const { dev, ino } = statSync(join(dir, "log"));
    const proof = { path: join(dir, "log"), file: { dev, ino } };
    const thread = await FlushThread.start(dir);
    const outcomes: FrameOutcome[] = [];
    for (const identity of [`${dev}:${ino}`, `${dev}:${ino + 1}`]) {
      const target = { name: "log", identity, proof };
      outcomes.push(await hand(thread, { target, sync: true }));
    }
    assertEquals(outcomes[0].isHeld, true);
    assertEquals(outcomes[1].failure?.at, STAGE.handed);
    await thread.stop();
  });
});

test("FlushThread.start() says that a thread has ended that could not be made", async () => {
  // Deno keeps a port that it was to transfer, and its tests would say so.
  if (runtime === "deno") return;
  let ends = 0;
  const start = () => FlushThread.start(".", () => ends++, Symbol() as never);
  await assertRejects(async () => await start());
  assertEquals(ends, 1);
});

test("FlushThread.settle() does not wait for a thread that is no more", async () => {
  const source = threadThat(`
    const path = fs.readlinkSync("/proc/thread-self");
    Atomics.store(words, 9, Number(path.slice(path.lastIndexOf("/") + 1)));
    process.exit(7);
  `);
  if (process.platform !== "linux" || !canReadProc()) return;
  const thread = await FlushThread.start(".", () => {}, source);
  const outcome = hand(thread);
  const startedAt = performance.now();
  assertEquals(thread.settle(), false);
  // Otherwise, it takes 10 s.
  assert(performance.now() - startedAt < 5000);
  assertEquals((await outcome).end?.at, STAGE.handed);
});
