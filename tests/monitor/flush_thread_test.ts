/*
 * Goal: whoever watches a log sees its flush thread: how it is, what it has not
 * answered, and how long waking up takes; and hears of it while it hangs.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatStatus, parseStatus } from "../../monitor/live_status.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { FlushThread } from "../../storage/thread/flush_thread.ts";
import { FLUSH_WORKER } from "../../storage/thread/flush_worker_source.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertMatch } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { wal as tool } from "../kit/run_tool.ts";
import { withTempDir } from "../kit/temp_dir.ts";

/** A log in memory on a thread, whose syncs the test can hold or fail. */
class Subject {
  readonly clock = new VirtualClock();
  readonly #held: (() => void)[] = [];
  /** Whether syncs from now on hang. */
  holds = false;
  /** Why the thread ends at its next step, if it does. */
  end: string | undefined;
  wal!: Wal;
  readonly told: string[] = [];

  /** Opens the log; its first frame makes a segment, which no thread does. */
  async open(): Promise<this> {
    const { clock } = this;
    const storage = new MemoryStorage({
      onCall: ({ operation }) => {
        if (operation !== "datasync" || !this.holds) return;
        return { after: new Promise((done) => this.#held.push(() => done(0))) };
      },
      onStage: () => this.end,
    });
    const options = { clock, alerts: {}, flushing: "thread" } as const;
    this.wal = await Wal.open(storage, options);
    this.wal.on("alert", ({ state, name }) => {
      this.told.push(`${state} ${name}`);
    });
    await clock.run(this.wal.append("first"));
    return this;
  }

  /** Lets all syncs go on. */
  release(): void {
    this.holds = false;
    for (const go of this.#held.splice(0)) go();
  }

  /** The figures of the thread, with the number of its flushes. */
  get thread(): unknown[] {
    const { status, ends, handedRecords, handedBytes, wakeMs } =
      this.wal.stats().thread;
    return [status, ends, handedRecords, handedBytes, wakeMs.count];
  }

  async close(): Promise<void> {
    await this.clock.run(this.wal.close());
  }
}

test("stats() counts what a flush thread has not answered, and what it has", async () => {
  const subject = await new Subject().open();
  const { clock, wal } = subject;
  assertEquals(subject.thread, ["healthy", 0, 0, 0, 0]);
  subject.holds = true;
  const appended = wal.appendBatch(["abc", "d"]); // 12 bytes with their lengths
  await clock.turn();
  wal.enqueue("not handed over");
  await clock.turn();
  assertEquals(subject.thread, ["healthy", 0, 2, 12, 0]);
  assertEquals(wal.stats().queue.records, 3);
  subject.release();
  await clock.settle(appended);
  await clock.run(wal.flush());
  assertEquals(subject.thread, ["healthy", 0, 0, 0, 2]);
  await subject.close();
  assertEquals(subject.thread, ["none", 0, 0, 0, 2]);
});

test("stats() counts no records of a sync alone as handed over", async () => {
  const subject = await new Subject().open();
  const { clock, wal } = subject;
  await clock.run(wal.append("written", { ack: "os" }));
  subject.holds = true;
  const flushed = wal.flush();
  await clock.turn();
  assert(Number.isFinite(wal.stats().busyMs));
  assertEquals(subject.thread, ["healthy", 0, 0, 0, 1]);
  subject.release();
  await clock.settle(flushed);
  await subject.close();
});

test('on("flush") tells how long waking up took, of flushes on a thread only', async () => {
  const subject = await new Subject().open();
  const { clock, wal } = subject;
  const wakes: (number | undefined)[] = [];
  wal.on("flush", ({ wakeMs }) => wakes.push(wakeMs));
  await clock.run(wal.append("on the thread"));
  await clock.run(wal.configure({ flushing: "inline" }));
  assertEquals(subject.thread, ["none", 0, 0, 0, 1]);
  await clock.run(wal.append("inline"));
  assertEquals(wakes.map((ms) => ms !== undefined && ms >= 0), [true, false]);
  await subject.close();
});

test("a flush thread that ends makes the log degraded until there is another", async () => {
  const subject = await new Subject().open();
  const { clock, wal, told } = subject;
  subject.end = "out of memory";
  assertEquals(await clock.run(wal.append("taken over")), 2);
  // What was not done by the thread says nothing about waking it up.
  assertEquals(subject.thread, ["ended", 1, 0, 0, 0]);
  assertEquals(wal.health.status, "degraded");
  assertMatch(wal.health.reasons[0], /flush thread .*ended \(out of memory\)/);
  assertEquals(told, ["raised unhealthy"]);
  await clock.run(wal.append("inline"));
  assertEquals(wal.health.status, "degraded");
  subject.end = undefined;
  await clock.run(wal.configure({ flushing: "thread" }));
  await clock.run(wal.append("on another thread"));
  assertEquals(subject.thread, ["healthy", 1, 0, 0, 1]);
  assertEquals(wal.health, { status: "healthy", reasons: [] });
  await clock.advance(11_000);
  assertEquals(told, ["raised unhealthy", "cleared unhealthy"]);
  await subject.close();
});

test("Wal raises an alert while its flush thread hangs", async () => {
  const subject = await new Subject().open();
  const { clock, wal, told } = subject;
  subject.holds = true;
  const appended = wal.append("stuck");
  await clock.advance(4900);
  assertEquals(told, []);
  await clock.advance(1100);
  assertEquals(told, ["raised stallMs", "raised unhealthy"]);
  assertEquals(wal.health.status, "degraded");
  assertEquals(subject.thread.slice(0, 3), ["healthy", 0, 1]);
  subject.release();
  await clock.settle(appended);
  await clock.advance(1000);
  assertEquals(wal.health.status, "healthy");
  await subject.close();
});

/** Before what a thread runs: its syncs wait until a file is there. */
const HANG = (file: string) =>
  `{
  const fs = process.getBuiltinModule("node:fs");
  const { fdatasyncSync } = fs;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  fs.fdatasyncSync = (descriptor) => {
    while (!fs.existsSync(${JSON.stringify(file)})) {
      Atomics.wait(pause, 0, 0, 5);
    }
    return fdatasyncSync(descriptor);
  };
}
`;

test("a real sync that hangs on the flush thread neither blocks the caller nor hides", () =>
  withTempDir(async (dir) => {
    const release = join(dir, "release");
    const log = join(dir, "log");
    const source = HANG(release) + FLUSH_WORKER;
    const storage = Object.assign(new NodeStorage(log), {
      startThread: () => FlushThread.start(log, () => {}, source),
    });
    const wal = await Wal.open(storage, {
      ...{ flushing: "thread", alerts: { stallMs: 50 } },
    });
    await wal.append("makes a segment");
    const alerted = new Promise<void>((resolve) =>
      wal.on("alert", ({ name }) => name === "stallMs" && resolve())
    );
    const appended = wal.append("stuck");
    await alerted;
    assertEquals([wal.durableLsn, wal.health.status], [1, "degraded"]);
    assertEquals(wal.stats().thread.handedRecords, 1);
    writeFileSync(release, "");
    assertEquals(await appended, 2);
    await wal.close();
  }));

test("parseStatus() reads what formatStatus() wrote of a flush thread", async () => {
  const subject = await new Subject().open();
  const { clock, wal } = subject;
  for (let flush = 0; flush < 20; flush++) await clock.run(wal.append("x"));
  subject.holds = true;
  const appended = wal.append("handed over");
  await clock.turn();
  const stats = wal.stats();
  const frame = { sequence: 1, at: 0, epoch: 1, pid: 7, alerts: [] };
  const text = formatStatus(frame, stats, wal.settings);
  const { thread, settings } = parseStatus(text)!;
  assertEquals([thread.status, thread.handedRecords], ["healthy", 1]);
  assertEquals(thread.handedBytes, 15);
  assertEquals(thread.wakeMs.count, 20);
  assertEquals(
    thread.wakeMs.quantile(0.9),
    stats.thread.wakeMs.quantile(0.9),
  );
  assertEquals(settings.flushing, "thread");
  subject.release();
  await clock.settle(appended);
  await subject.close();
});

test("status --live warns of a log whose flush thread did not start", () =>
  withTempDir(async (dir) => {
    const storage = Object.assign(new NodeStorage(dir), {
      startThread: () => Promise.reject(new Error("there are too many")),
    });
    const wal = await Wal.open(storage, { flushing: "thread" });
    await wal.append("inline");
    const args = ["--live", "--warn-free=0", "--critical-free=0"];
    const { code, stdout } = await tool(["status", dir, ...args]);
    assertEquals(code, 1);
    assertMatch(
      `${stdout}`,
      /^WARNING: The flush thread could not be started \(there are too many\)/,
    );
    assertMatch(
      `${stdout}`,
      /\nthread +ended, 0 records handed over, ended 1 time\n/,
    );
    const json = await tool(["status", dir, "--json", ...args]);
    const { live } = JSON.parse(`${json.stdout}`);
    assertEquals(live.thread, {
      ...{ status: "ended", ends: 1, handedRecords: 0, handedBytes: 0 },
    });
    assertEquals(live.p99Ms.wake, null);
    await wal.close();
  }));
