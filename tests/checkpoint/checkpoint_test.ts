/*
 * Goal: a checkpoint leaves a snapshot that restores, whatever it is made of
 * and wherever it ends. Method: logs in memory, each case by itself; what a
 * crash does is in `crash_test.ts`.
 */
import type { SnapshotContent } from "../../checkpoint/write_snapshot.ts";
import { CompactedError, TruncatedError } from "../../storage/frame_log.ts";
import type { StorageCall } from "../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { NoDirectoryError } from "../../storage/no_directory_error.ts";
import { StorageFullError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";

const OPTIONS: WalOptions = { segmentBytes: 4096, warn() {} };

async function makeLog(
  records: number,
  storage: MemoryStorage = new MemoryStorage(),
  options: WalOptions = {},
): Promise<{ wal: Wal; storage: MemoryStorage }> {
  const wal = await Wal.open(storage, { ...OPTIONS, ...options });
  for (let lsn = 1; lsn <= records; lsn++) await wal.append(`${lsn}`);
  return { wal, storage };
}

function snapshotsOf(storage: MemoryStorage): string[] {
  return storage.list().filter((name) => name.includes(".snapshot")).sort();
}

/** What `restore` finds: the snapshot's text, and the LSN to replay from. */
async function restored(wal: Wal): Promise<[string | undefined, number]> {
  let text: string | undefined;
  const from = await wal.restore(async (snapshot) => {
    text = await snapshot.text();
  });
  return [text, from];
}

test("Wal.checkpoint() keeps what write returns, in every form", async () => {
  const bytes = new TextEncoder().encode("a snapshot");
  const pieces = ["a ", new TextEncoder().encode("snap"), "", "shot"];
  async function* later() {
    for (const piece of pieces) yield await Promise.resolve(piece);
  }
  const forms: (() => SnapshotContent | Promise<SnapshotContent>)[] = [
    () => bytes,
    () => "a snapshot",
    () => pieces,
    () => pieces.values(),
    later,
    () =>
      new ReadableStream({
        start(controller) {
          for (const piece of pieces) controller.enqueue(piece);
          controller.close();
        },
      }),
    () => Promise.resolve("a snapshot"),
  ];
  for (const form of forms) {
    const { wal, storage } = await makeLog(3);
    const checkpoint = await wal.checkpoint(form);
    assertEquals(checkpoint, { lsn: 3, bytes: bytes.length, firstLsn: 4 });
    await assertRejects(() => wal.get(3), CompactedError);
    await wal.append("4");
    assertEquals(await restored(wal), ["a snapshot", 4]);
    await wal.close();
    const again = await Wal.open(storage, OPTIONS);
    assertEquals(await restored(again), ["a snapshot", 4]);
    await again.close();
  }
});

test("Wal.checkpoint() keeps contents of any size, in pieces of any size", async () => {
  for (const size of [0, 1, 262_143, 262_144, 262_145, 1_000_000]) {
    const whole = Uint8Array.from({ length: size }, (_, at) => at * 7);
    for (const step of [size || 1, 1000, 300_000]) {
      const { wal } = await makeLog(1);
      const pieces = function* () {
        for (let at = 0; at < size; at += step) {
          yield whole.subarray(at, at + step);
        }
      };
      const { bytes } = await wal.checkpoint(pieces);
      assertEquals(bytes, size);
      await wal.restore(async (snapshot) => {
        assertEquals([snapshot.lsn, snapshot.size], [1, size]);
        assert(equal(await snapshot.bytes(), whole), `${size} by ${step}`);
        const parts: Uint8Array[] = [];
        for await (const part of snapshot.stream()) parts.push(part);
        assertEquals(parts.reduce((sum, part) => sum + part.length, 0), size);
        let at = 0;
        for await (const part of snapshot) {
          assert(equal(part, whole.subarray(at, at += part.length)));
        }
      });
      await wal.close();
    }
  }
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

test("Wal.checkpoint() joins a character that strings cut in two", async () => {
  const { wal } = await makeLog(1);
  await wal.checkpoint(() => ["a\ud83d", "\ude00b", "\ud83d", "c\ud83d"]);
  assertEquals((await restored(wal))[0], "a\u{1f600}b\ufffdc\ufffd");
  await wal.checkpoint(() => ["\ud83d", new Uint8Array([98])]);
  assertEquals((await restored(wal))[0], "\ufffdb");
  await wal.close();
});

test("Wal.checkpoint() calls write once everything appended is durable, in the same turn", async () => {
  const { wal } = await makeLog(2, undefined, { synchronous: "off" });
  await wal.append("3");
  await wal.checkpoint(() => ""); // Loads what it needs.
  await wal.append("4");
  let isLater = false;
  const making = wal.checkpoint((lsn) => {
    assertEquals([lsn, wal.durableLsn, isLater], [4, 4, false]);
    return "";
  });
  const later = wal.flush().then(() =>
    new Promise<void>((resolve) =>
      setTimeout(() => {
        isLater = true;
        resolve();
      })
    )
  );
  assertEquals((await making).lsn, 4);
  await later;
  await wal.close();
});

test("Wal.checkpoint() leaves the records that a state with a known LSN lacks", async () => {
  const { wal } = await makeLog(5);
  const checkpoint = await wal.checkpoint(() => "2", { lsn: 2 });
  assertEquals(checkpoint, { lsn: 2, bytes: 1, firstLsn: 3 });
  assertEquals(await restored(wal), ["2", 3]);
  for (const lsn of [1, 6, 2.5]) {
    await assertRejects(() => wal.checkpoint(() => "", { lsn }), RangeError);
  }
  await wal.close();
});

test("Wal.checkpoint() works on a log without records, and twice at one LSN", async () => {
  const { wal, storage } = await makeLog(0);
  for (const text of ["a", "b"]) {
    const checkpoint = await wal.checkpoint(() => text);
    assertEquals(checkpoint, { lsn: 0, bytes: 1, firstLsn: 1 });
    assertEquals(await restored(wal), [text, 1]);
  }
  assertEquals(snapshotsOf(storage).length, 1);
  await wal.append("1");
  await wal.close();
  const again = await Wal.open(storage, OPTIONS);
  await again.checkpoint(() => "c");
  assertEquals(await restored(again), ["c", 2]);
  assertEquals(snapshotsOf(storage).length, 1);
  await again.close();
});

test("Wal.checkpoint() keeps as many snapshots as asked, each with its records", async () => {
  const { wal, storage } = await makeLog(1);
  const firsts: number[] = [];
  for (let lsn = 1; lsn <= 5; lsn++) {
    const { firstLsn } = await wal.checkpoint(() => `${lsn}`, { keep: 3 });
    firsts.push(firstLsn);
    await wal.append(`${lsn + 1}`);
  }
  assertEquals(firsts, [2, 2, 2, 3, 4]);
  const names = snapshotsOf(storage);
  assertEquals(names.map((name) => Number(name.slice(0, 16))), [3, 4, 5]);
  // Each of them restores once the newer ones are damaged.
  for (const lsn of [5, 4, 3]) {
    assertEquals(await restored(wal), [`${lsn}`, lsn + 1]);
    const bytes = storage.get(names[lsn - 3])!;
    bytes[bytes.length - 1] ^= 1;
    storage.put(names[lsn - 3], bytes);
  }
  await assertRejects(() => restored(wal), Error, "damaged");
  await wal.checkpoint(() => "6");
  assertEquals(snapshotsOf(storage).length, 1);
  await wal.close();
});

test("Wal.checkpoint() that fails leaves nothing behind and drops nothing", async () => {
  async function* broken() {
    yield await Promise.resolve("a");
    throw new Error("broken");
  }
  const failing: (() => SnapshotContent | Promise<SnapshotContent>)[] = [
    () => {
      throw new Error("broken");
    },
    () => Promise.reject(new Error("broken")),
    broken,
    () => [1, "broken"] as never,
    () => 7 as never,
    () => null as never,
  ];
  const { wal, storage } = await makeLog(3);
  await wal.checkpoint(() => "1", { lsn: 1 });
  const files = storage.list().sort();
  for (const write of failing) {
    await assertRejects(() => wal.checkpoint(write), Error);
    assertEquals(storage.list().sort(), files);
    assertEquals(wal.firstLsn, 2);
    assertEquals(await restored(wal), ["1", 2]);
  }
  await wal.close();
});

test("Wal.checkpoint() ends the stream that it does not take to its end", async () => {
  const { wal } = await makeLog(1);
  let ended = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(7 as never),
    cancel: () => void ended++,
  });
  await assertRejects(() => wal.checkpoint(() => stream), TypeError);
  const pieces = {
    *[Symbol.iterator]() {
      try {
        yield 7 as never;
      } finally {
        ended++;
      }
    },
  };
  await assertRejects(() => wal.checkpoint(() => pieces), TypeError);
  await Promise.resolve();
  assertEquals(ended, 2);
  await wal.close();
});

test("Wal.checkpoint() refuses bad arguments before it does anything", async () => {
  const { wal, storage } = await makeLog(1, undefined, { synchronous: "off" });
  const bad: [unknown, unknown][] = [
    [undefined, {}],
    ["text", {}],
    [() => "", { kep: 1 }],
    [() => "", { keep: "1" }],
    [() => "", null],
  ];
  for (const [write, options] of bad) {
    await assertRejects(
      () => wal.checkpoint(write as never, options as never),
      TypeError,
    );
  }
  await assertRejects(() => wal.checkpoint(() => "", { keep: 0 }), RangeError);
  assertEquals([wal.durableLsn, snapshotsOf(storage).length], [0, 0]);
  await wal.close();
  await assertRejects(() => wal.checkpoint(() => ""), LogClosedError);
  await assertRejects(() => wal.restore(() => {}), LogClosedError);
});

test("Wal.checkpoint() and restore() need a log with files", async () => {
  const { wal, close } = await openWal();
  await assertRejects(() => wal.checkpoint(() => ""), NoDirectoryError);
  await assertRejects(() => wal.restore(() => {}), NoDirectoryError);
  await close();
});

test("Wal.checkpoint() runs one at a time, with appends between", async () => {
  const { wal } = await makeLog(1);
  const order: string[] = [];
  async function* slow(this: void) {
    order.push("begins");
    await wal.append("more");
    yield "state";
    order.push("ends");
  }
  const made = await Promise.all([1, 2, 3].map(() => wal.checkpoint(slow)));
  assertEquals(made.map(({ lsn }) => lsn), [1, 2, 3]);
  assertEquals(order.join(" "), "begins ends begins ends begins ends");
  await wal.close();
});

test("Wal.checkpoint() drops nothing if its records are cut off meanwhile", async () => {
  for (const regrown of [0, 1, 9]) {
    const { wal, storage } = await makeLog(6);
    const making = wal.checkpoint(async function* () {
      yield "state";
      await wal.truncateAfter(3);
      for (let nth = 0; nth < regrown; nth++) await wal.append("new");
    });
    const error = await assertRejects(() => making, TruncatedError);
    assertEquals(error.lastLsn, 3);
    assertEquals([wal.firstLsn, wal.lastLsn], [1, 3 + regrown]);
    assertEquals(snapshotsOf(storage), []);
    assertEquals(await restored(wal), [undefined, 1]);
    const { lsn } = await wal.checkpoint(() => "again");
    assertEquals(lsn, 3 + regrown);
    await wal.close();
  }
});

test("Wal.checkpoint() continues if later records are cut off meanwhile", async () => {
  const { wal } = await makeLog(6);
  const { lsn, firstLsn } = await wal.checkpoint(async function* () {
    yield "4";
    await wal.truncateAfter(4);
  }, { lsn: 4 });
  assertEquals([lsn, firstLsn, wal.lastLsn], [4, 5, 4]);
  assertEquals(await restored(wal), ["4", 5]);
  await wal.close();
});

test("Wal.close() ends a checkpoint whose stream hangs", async () => {
  const { wal, storage } = await makeLog(2);
  let making: Promise<unknown> | undefined;
  const begun = new Promise<void>((resolve) => {
    making = wal.checkpoint(() => {
      resolve();
      return new ReadableStream<string>();
    });
  });
  const behind = wal.checkpoint(() => "");
  await begun;
  const refused = [making!, behind].map((call) =>
    assertRejects(() => call, LogClosedError)
  );
  await wal.close();
  await Promise.all(refused);
  assertEquals(snapshotsOf(storage), []);
});

test("Wal.checkpoint() loses nothing if any of its calls fails", async () => {
  for (const error of ["ENOSPC", "EIO"]) {
    for (let at = 0;; at++) {
      let calls = -Infinity;
      const onCall = ({ operation }: StorageCall) => {
        if (calls++ !== at) return;
        const needsSpace = /create|write|datasync|rename/.test(operation);
        return error === "EIO" || needsSpace ? { error } : undefined;
      };
      const storage = new MemoryStorage({ onCall });
      const { wal } = await makeLog(6, storage);
      await wal.checkpoint(() => "2", { lsn: 2 });
      calls = 0;
      const failure = await wal.checkpoint(() => ["5"], { lsn: 5 })
        .then(() => undefined, (failure) => failure);
      const isOver = calls <= at;
      calls = -Infinity;
      const [text, from] = await restored(wal);
      assert(["2", "5"].includes(text!), `call ${at}`);
      assertEquals(from, Number(text) + 1);
      assertEquals((await wal.read({ from }).next()).value?.lsn, from);
      if (failure !== undefined && error === "ENOSPC") {
        assert(failure instanceof StorageFullError, `call ${at}: ${failure}`);
      }
      const made = await wal.checkpoint(() => "6");
      assertEquals(made.firstLsn, 7);
      assertEquals(snapshotsOf(storage).length, 1, `call ${at}`);
      await wal.close();
      if (isOver) break;
    }
  }
});

test("Wal.open() removes an unfinished snapshot, and warns of no snapshot or cursor", async () => {
  const { wal, storage } = await makeLog(2);
  await wal.cursor("a");
  await wal.checkpoint(() => "");
  await wal.close();
  const files = snapshotsOf(storage);
  storage.put("0000000000000007-00000001.snapshot.tmp", new Uint8Array(9));
  storage.put("a.cursor.0123abcd.tmp", new Uint8Array(9));
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  for (const recovery of ["tail", "strict", "salvage"] as const) {
    const again = await Wal.open(storage, { ...OPTIONS, recovery, warn });
    await again.close();
  }
  assertEquals(warnings, []);
  assertEquals(snapshotsOf(storage), files);
  assert(storage.list().includes("a.cursor"));
  assert(!storage.list().some((name) => name.endsWith(".tmp")));
});

test("Wal.open() refuses a directory with a snapshot or a cursor, and no log", async () => {
  for (const name of ["a.cursor", "0000000000000007-00000001.snapshot"]) {
    const storage = new MemoryStorage();
    storage.put(name, new Uint8Array(9));
    const error = await assertRejects(() => Wal.open(storage, OPTIONS), Error);
    assertEquals(error.name, "ForeignFileError");
  }
});
