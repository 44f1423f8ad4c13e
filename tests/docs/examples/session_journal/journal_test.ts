/*
 * Goal: the example does what its README says, apart from faults: sessions, idle
 * ones, the last events, export. Method: its public functions, on a directory or
 * a storage that counts.
 */
import { Wal } from "@syncline/wal";
import { MemoryStorage, type OnCall } from "@syncline/wal/storage";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  Journal,
  listJournals,
  openJournal,
} from "../../../../docs/examples/session-journal/journal.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
} from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { withTempDir } from "../../../kit/temp_dir.ts";
import { collect } from "./subjects.ts";

test("openJournal() finds what another opening appended, in order", async () => {
  await withTempDir(async (directory) => {
    const first = await openJournal<{ n: number }>(directory, "one.2-A_");
    const appended = [1, 2, 3].map((n) => first.append({ n }));
    assertEquals(await Promise.all(appended), [1, 2, 3]);
    await first.close();
    const again = await openJournal<{ n: number }>(directory, "one.2-A_");
    assertEquals(await again.append({ n: 4 }), 4);
    const found = await collect(again.read(2));
    assertEquals(found.map(({ event }) => event.n), [2, 3, 4]);
    await again.close();
    await assertRejects(() => again.append({ n: 5 }), Error, "was closed");
  });
});

test("openJournal() refuses an id that leads elsewhere, and makes nothing", async () => {
  await withTempDir(async (directory) => {
    for (
      const id of ["", ".", "..", "a/b", "a\\b", ".a", "é", "a".repeat(101)]
    ) {
      const opening = () => openJournal(join(directory, "none"), id);
      await assertRejects(opening, RangeError, "Cannot open a journal");
    }
    await assertRejects(() => listJournals(join(directory, "none")), Error);
  });
});

test("listJournals() lists sessions, open or not, the last one first", async () => {
  await withTempDir(async (directory) => {
    mkdirSync(join(directory, "empty"));
    writeFileSync(join(directory, "file"), "");
    const one = await openJournal(directory, "one");
    const two = await openJournal(directory, "two");
    await two.append("second");
    await two.close();
    // Times of files may be no finer than some milliseconds.
    await new Promise((wake) => setTimeout(wake, 30));
    await one.append("third");
    const found = await listJournals(directory);
    assertEquals(found.map(({ id }) => id), ["one", "two"]);
    for (const { modifiedAt, bytes } of found) {
      assertLess(Math.abs(Date.now() - +modifiedAt), 60_000);
      assertGreater(bytes, 100);
    }
    await one.close();
  });
});

/** Resolves once `directory` is not locked. */
async function isFree(directory: string): Promise<void> {
  while (true) {
    const wal = await Wal.open(directory).catch((error) => {
      assertEquals(error.name, "LogLockedError");
    });
    if (wal !== undefined) return await wal.close();
    await new Promise((wake) => setTimeout(wake, 2));
  }
}

test("an idle journal is closed, and opened again by the next call", async () => {
  await withTempDir(async (directory) => {
    const session = await openJournal(directory, "session", { idleMs: 1 });
    await session.append("first");
    await isFree(join(directory, "session"));
    await session.append("second");
    const reading = session.read();
    assertEquals((await reading.next()).value?.event, "first");
    await new Promise((wake) => setTimeout(wake, 20));
    // A read in progress keeps it open.
    const error = await assertRejects(
      () => Wal.open(join(directory, "session")),
      Error,
    );
    assertEquals(error.name, "LogLockedError");
    assertEquals((await reading.next()).value?.event, "second");
    await reading.return();
    await isFree(join(directory, "session"));
    assertEquals((await session.last(1))[0].event, "second");
    await session.close();
    await isFree(join(directory, "session"));
  });
});

test("openJournal() can be tried again after it was refused", async () => {
  await withTempDir(async (directory) => {
    const wal = await Wal.open(join(directory, "session"));
    const session = new Journal(join(directory, "session"));
    const appending = [session.append("lost"), session.append("lost")];
    const outcomes = await Promise.allSettled(appending);
    for (const { status } of outcomes) assertEquals(status, "rejected");
    const other = new Journal(join(directory, "session"));
    const refused = other.append("lost");
    await other.close(); // Before the opening has failed.
    await assertRejects(() => refused, Error, "has it open");
    await wal.close();
    assertEquals(await session.append("first"), 1);
    await session.close();
  });
});

test("close() reports what an idle journal could not sync", async () => {
  let isFailing = false;
  const onCall: OnCall = ({ operation }) =>
    isFailing && operation === "datasync" ? { error: "EIO" } : undefined;
  const log = { synchronous: "off", warn() {} } as const;
  const storage = new MemoryStorage({ onCall });
  const session = new Journal(storage, { idleMs: Infinity, log });
  await session.append("acknowledged at os");
  isFailing = true;
  await assertRejects(() => session.close(), Error, "EIO");
});

/** Bytes that the last 50 events of a journal with `count` events take to read. */
async function bytesOfLast(count: number): Promise<number> {
  let bytes = 0;
  const onCall: OnCall = (call) => {
    if (call.operation === "read") bytes += call.bytes;
  };
  const storage = new MemoryStorage({ onCall });
  const log = { segmentBytes: 2 ** 18, synchronous: "off", warn() {} } as const;
  const session = new Journal<{ n: number }>(storage, {
    idleMs: Infinity,
    log,
  });
  const text = "x".repeat(200);
  for (let n = 0; n < count; n += 500) {
    const events = Array.from(
      { length: 500 },
      (_, at) => ({ n: n + at, text }),
    );
    for (let at = 0; at < 500; at += 20) {
      await session.appendAll(events.slice(at, at + 20));
    }
  }
  bytes = 0;
  const found = await session.last(50);
  const wanted = Array.from({ length: 50 }, (_, at) => count - 50 + at);
  assertEquals(found.map(({ event }) => event.n), wanted);
  const read = bytes;
  await session.close();
  return read;
}

test("last() reads no more of a long journal than of a short one", async () => {
  const [short, long] = [await bytesOfLast(2000), await bytesOfLast(20_000)];
  assert(long < 2 * short, `${long} bytes, and ${short}`);
  assert(long < 200_000, `${long} bytes`);
});

test("jsonl() writes lines, and trim() keeps the last events", async () => {
  await withTempDir(async (directory) => {
    const session = await openJournal(directory, "session");
    for (const n of [1, 2, 3]) await session.append({ n });
    const file = join(directory, "session.jsonl");
    await writeFile(file, session.jsonl());
    assertEquals(readFileSync(file, "utf8"), '{"n":1}\n{"n":2}\n{"n":3}\n');
    await session.trim(2);
    const kept = [{ lsn: 2, event: { n: 2 } }, { lsn: 3, event: { n: 3 } }];
    assertEquals(await session.last(50), kept);
    await session.trim(9);
    assertEquals(await collect(session.read()), kept);
    await session.trim(0);
    assertEquals(await session.last(50), []);
    await session.close();
  });
});

test("trim() keeps as many events as it says, even if some are lost", async () => {
  await withTempDir(async (directory) => {
    const log = { segmentBytes: 4096, warn() {} };
    let session = await openJournal(directory, "session", { log });
    for (let n = 1; n <= 60; n++) {
      await session.append({ n, text: "x".repeat(400) });
    }
    await session.close();
    const path = join(directory, "session");
    const segments = readdirSync(path).filter((name) => name.endsWith(".wal"));
    const damaged = join(path, segments.sort()[3]);
    writeFileSync(damaged, readFileSync(damaged).fill(7, 200, 3000));
    session = await openJournal(directory, "session", { log, repair: true });
    const intact = await collect(session.read());
    assertLess(intact.length, 60);
    await session.trim(intact.length);
    assertEquals(await collect(session.read()), intact);
    await session.trim(intact.length - 5);
    assertEquals(await collect(session.read()), intact.slice(5));
    for (const keep of [-1, NaN]) {
      await assertRejects(() => session.trim(keep), RangeError);
    }
    await session.close();
  });
});

test("trim() counts events that are still being appended", async () => {
  const session = new Journal(new MemoryStorage(), { idleMs: Infinity });
  const appended = [1, 2, 3].map((n) => session.append({ n }));
  await session.trim(1);
  await Promise.all(appended);
  assertEquals((await session.last(9)).map(({ lsn }) => lsn), [3]);
  const last = session.append({ n: 4 });
  await session.trim(0);
  await last;
  assertEquals(await session.last(9), []);
  await session.close();
});

test("a journal is idle once the last call on it ends, even one that failed", async () => {
  let isFailing = false;
  const onCall: OnCall = ({ operation }) =>
    isFailing && operation === "datasync" ? { error: "EIO" } : undefined;
  const storage = new MemoryStorage({ onCall });
  const log = { warn() {} };
  const session = new Journal<string>(storage, { idleMs: 5, log });
  await session.appendAll(["first", "second"]);
  const reading = session.read();
  await reading.next();
  isFailing = true;
  await assertRejects(() => session.append("refused"));
  isFailing = false;
  await session.append("third"); // Opens the log again.
  await reading.return(); // The last call on the log that failed.
  let other: Wal | undefined;
  while (other === undefined) {
    await new Promise((wake) => setTimeout(wake, 5));
    other = await Wal.open(storage, log).catch(() => undefined);
  }
  await other.close();
  await session.close();
});

test("a journal stays open if its time is longer than a timer can be", async () => {
  const storage = new MemoryStorage();
  const session = new Journal(storage, { idleMs: 2 ** 31 });
  await session.append("event");
  await new Promise((wake) => setTimeout(wake, 20));
  await assertRejects(() => Wal.open(storage), Error, "already open");
  await session.close();
});

test("use() follows a session as it goes on", async () => {
  await withTempDir(async (directory) => {
    const session = await openJournal<string>(directory, "session");
    await session.append("history");
    const seen: string[] = [];
    const following = session.use(async (log) => {
      for await (const { data } of log.follow()) {
        seen.push(data);
        if (data === "live") break;
      }
    });
    await session.append("live");
    await following;
    assertEquals(seen, ["history", "live"]);
    await session.close();
  });
});
