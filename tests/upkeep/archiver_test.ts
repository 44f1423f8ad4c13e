/*
 * Goal: each sealed segment is handed over, in order and whole, before anything
 * drops it, whatever fails meanwhile. Method: logs in memory and virtual time;
 * what a crash does is in `crash_test.ts`.
 */
import { assertEquals, assertMatch, assertRejects } from "../kit/assert.ts";
import {
  ArchivedLog,
  MemoryArchive,
  openArchived,
} from "../kit/memory_archive.ts";
import { test } from "../kit/register.ts";

const SECOND = 1000;

test("archive receives each sealed segment once, in order, as it is on storage", async () => {
  const log = await openArchived();
  await log.append(10);
  await log.clock.advance(SECOND);
  assertEquals(log.archive.calls, ["1-3", "4-6", "7-9"]);
  for (const [name, bytes] of log.archive.segments) {
    assertEquals(bytes, log.storage.get(name));
  }
  await log.append(3);
  await log.clock.advance(SECOND);
  assertEquals(log.archive.calls.slice(3), ["10-12"]);
  await log.clock.advance(60 * SECOND);
  assertEquals(log.archive.calls.length, 4);
  await log.close();
});

test("archive holds back truncateBefore, checkpoint and retention, without a limit", async () => {
  const log = await openArchived({
    retention: { bytes: 0, graceMs: 0, everyMs: SECOND },
    cursors: { hold: "all", limitBytes: 0 },
  });
  const { wal, clock, archive } = log;
  archive.failures = Infinity;
  await log.append(10);
  await clock.advance(10 * SECOND);
  assertEquals(await clock.run(wal.truncateBefore(10)), 1);
  const { firstLsn } = await clock.run(wal.checkpoint(() => "state"));
  assertEquals([firstLsn, wal.firstLsn], [1, 1]);
  archive.failures = 0;
  await clock.advance(61 * SECOND);
  assertEquals(archive.calls, ["1-3", "4-6", "7-9"]);
  assertEquals(wal.firstLsn, 10);
  assertEquals(await clock.run(wal.truncateBefore(11)), 10);
  assertEquals(log.warnings, []);
  await log.close();
});

test("archive that fails is tried again ever more seldom, and is degraded until it works", async () => {
  const log = await openArchived();
  const { wal, clock, archive } = log;
  await log.append(4);
  const tries: number[] = [];
  let isFailing = true;
  await clock.run(wal.configure({
    archive: (segment) => {
      tries.push(clock.now());
      if (isFailing) throw new Error("no route to host");
      return archive.hook(segment);
    },
  }));
  const begunAt = clock.now();
  await clock.advance(200 * SECOND);
  const waits = tries.map((at, index) => at - (tries[index - 1] ?? begunAt));
  const seconds = waits.map((ms) => ms / SECOND);
  assertEquals(seconds, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
  assertEquals(wal.health, {
    status: "degraded",
    reasons: [
      'Segment "0000000000000001-00000001.wal" is not archived: no route to ' +
      "host",
    ],
  });
  isFailing = false;
  await clock.advance(60 * SECOND);
  assertEquals(archive.calls, ["1-3"]);
  assertEquals(wal.health.status, "healthy");
  await log.close();
});

test("archive continues where it was when the log is opened again", async () => {
  const first = await openArchived();
  await first.append(7);
  await first.clock.advance(SECOND);
  await first.close();
  assertEquals(first.archive.calls, ["1-3", "4-6"]);
  const again = new ArchivedLog(first.archive, first.storage);
  await again.open();
  await again.clock.advance(0);
  // What was written to last is sealed now.
  assertEquals(again.archive.calls.slice(2), ["7-7"]);
  await again.close();
  assertEquals(again.warnings, []);
});

test("archive does not receive a segment whose records it has, and warns of those it cannot get", async () => {
  const first = await openArchived({ archive: undefined });
  await first.append(10);
  await first.clock.run(first.wal.truncateBefore(5));
  const { wal, clock, archive } = first;
  await clock.run(wal.configure({ archive: archive.hook }));
  await clock.advance(SECOND);
  assertEquals(archive.calls, ["4-6", "7-9"]);
  assertEquals(first.warnings, []);
  await clock.run(wal.configure({ archive: null }));
  await first.append(6);
  assertEquals(await clock.run(wal.truncateBefore(15)), 15);
  await clock.run(wal.configure({ archive: archive.hook }));
  await first.append(4);
  await clock.advance(SECOND);
  assertEquals(archive.calls.slice(2), ["13-15", "16-18"]);
  assertEquals(first.warnings, [
    'records 10 to 14 of "[memory]" were dropped before they were archived',
  ]);
  await first.close();
});

test("archive that is not open holds back like any other cursor", async () => {
  const cursors = { hold: "all" as const, limitBytes: 2 ** 40 };
  const log = await openArchived({ cursors });
  const { wal, clock } = log;
  await log.append(4);
  await clock.advance(SECOND);
  await clock.run(wal.configure({ archive: null }));
  await log.append(6);
  assertEquals(await clock.run(wal.truncateBefore(10)), 4);
  await clock.run(wal.configure({ cursors: null }));
  assertEquals(await clock.run(wal.truncateBefore(10)), 10);
  await log.close();
});

test("Wal.close() aborts the hook and waits until it has ended", async () => {
  const log = await openArchived({
    archive: ({ signal }) =>
      new Promise((resolve) => {
        // Even then it takes its time.
        const end = () => log.clock.after(2 * SECOND, () => resolve(hook()));
        signal.addEventListener("abort", end);
      }),
  });
  let ended = 0;
  const hook = () => void ended++;
  await log.append(4);
  await log.clock.advance(SECOND);
  const begunAt = log.clock.now();
  await log.close();
  assertEquals([ended, log.clock.now() - begunAt], [1, 2 * SECOND]);
  // It has archived the segment before the log was closed.
  const again = new ArchivedLog(log.archive, log.storage);
  await again.open();
  await again.clock.advance(0);
  assertEquals(again.archive.calls, ["4-4"]);
  await again.close();
});

test("Wal.close() waits 5 s for a hook that ignores its signal, and hands over the segment again", async () => {
  let finish = () => {};
  const log = await openArchived({
    archive: () => new Promise((resolve) => finish = resolve),
  });
  await log.append(4);
  await log.clock.advance(SECOND);
  const begunAt = log.clock.now();
  await log.close();
  assertEquals(log.clock.now() - begunAt, 5 * SECOND);
  finish();
  await log.clock.turn();
  const again = new ArchivedLog(log.archive, log.storage);
  await again.open();
  await again.clock.advance(0);
  assertEquals(again.archive.calls, ["1-3", "4-4"]);
  await again.close();
});

test("Wal.configure() changes the hook in the middle, and nothing is missed", async () => {
  const log = await openArchived({
    archive: ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
  });
  const { wal, clock, archive } = log;
  await log.append(7);
  await clock.advance(SECOND);
  await clock.run(wal.configure({ archive: archive.hook }));
  assertEquals(await clock.run(wal.truncateBefore(4)), 1);
  await clock.advance(SECOND);
  assertEquals(archive.calls, ["1-3", "4-6"]);
  assertEquals(wal.health.status, "healthy");
  assertEquals(await clock.run(wal.truncateBefore(8)), 7);
  await log.close();
});

test("archive refuses a damaged segment, and holds it back", async () => {
  const log = await openArchived();
  const { wal, clock, archive, storage } = log;
  await log.append(7);
  const [name] = storage.list().filter((one) => one.endsWith(".wal")).sort();
  const bytes = storage.get(name)!;
  const flipped = bytes.slice();
  flipped[2000] ^= 1;
  storage.put(name, flipped);
  await clock.advance(SECOND);
  assertEquals(archive.calls, []);
  assertMatch(wal.health.reasons[0], /is not archived: .*record 2 is missing/);
  assertEquals(await clock.run(wal.truncateBefore(7)), 1);
  storage.put(name, bytes);
  await clock.advance(10 * SECOND);
  assertEquals(archive.calls, ["1-3", "4-6"]);
  await log.close();
});

test("a displaced owner drops nothing, and its successor archives the rest", async () => {
  const first = await openArchived({
    retention: { bytes: 0, graceMs: 0, everyMs: SECOND },
  });
  let open = () => {};
  first.archive.gate = new Promise((resolve) => open = resolve);
  await first.append(10);
  await first.clock.advance(SECOND);
  const archive = new MemoryArchive();
  const next = new ArchivedLog(archive, first.storage);
  await next.open({ takeOver: true });
  await next.clock.advance(SECOND);
  assertEquals(archive.calls, ["1-3", "4-6", "7-9", "10-10"]);
  const before = first.storage.list().sort();
  first.archive.gate = undefined;
  open();
  await first.clock.advance(100 * SECOND);
  assertEquals(first.archive.calls, ["1-3"]);
  assertEquals(first.wal.firstLsn, 1);
  assertEquals(first.storage.list().sort(), before);
  assertEquals(first.wal.health.status, "degraded");
  await next.append(4);
  await next.clock.advance(SECOND);
  assertEquals(archive.calls.at(-1), "11-13");
  assertEquals(next.wal.health.status, "healthy");
  await next.close();
  await first.clock.run(first.wal.close().catch(() => {}));
});

test("a successor goes on after a late commit of a displaced owner", async () => {
  const first = await openArchived();
  let open = () => {};
  first.archive.gate = new Promise((resolve) => open = resolve);
  await first.append(10);
  await first.clock.advance(SECOND);
  const next = new ArchivedLog(new MemoryArchive(), first.storage);
  let openNext = () => {};
  next.archive.gate = new Promise((resolve) => openNext = resolve);
  await next.open({ takeOver: true });
  await next.clock.advance(0);
  open();
  await first.clock.advance(0);
  assertEquals(first.archive.calls, ["1-3"]);
  next.archive.gate = undefined;
  openNext();
  await next.clock.advance(0);
  assertEquals(next.archive.calls, ["1-3", "4-6", "7-9", "10-10"]);
  assertEquals(next.wal.health.status, "healthy");
  await next.close();
  await first.clock.run(first.wal.close().catch(() => {}));
});

test("Wal.cursor() refuses the name of the archive's cursor", async () => {
  const log = await openArchived();
  await assertRejects(() => log.wal.cursor("_archive"), RangeError);
  await log.close();
});

test("archive that throws what has no text is tried again", async () => {
  let isFailing = true;
  const log = await openArchived({
    archive() {
      if (isFailing) throw Object.create(null);
    },
  });
  await log.append(4);
  await log.clock.advance(SECOND);
  assertEquals(log.wal.health.status, "degraded");
  isFailing = false;
  await log.clock.advance(4 * SECOND);
  assertEquals(log.wal.health.status, "healthy");
  await log.close();
});
