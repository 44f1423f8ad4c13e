/*
 * Goal: `restore` hands over only what is whole and what the log continues, and
 * says what is missing otherwise. Method: snapshots of a small log, damaged in
 * every way.
 */
import { SnapshotMissingError } from "../../checkpoint/restore.ts";
import type { Snapshot } from "../../checkpoint/snapshot.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import { encodeSnapshotHeader } from "../../storage/format/companions/mod.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const OPTIONS: WalOptions = { segmentBytes: 4096, warn() {} };
const NAME = "0000000000000002-00000001.snapshot";

/** A log of records 3 and 4, and a snapshot of those before. */
async function makeLog(): Promise<{ wal: Wal; storage: MemoryStorage }> {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, OPTIONS);
  for (let lsn = 1; lsn <= 4; lsn++) await wal.append(`${lsn}`);
  await wal.checkpoint(() => "state", { lsn: 2 });
  return { wal, storage };
}

async function refusal(wal: Wal): Promise<SnapshotMissingError> {
  return await assertRejects(
    () => wal.restore(() => assert(false, "called")),
    SnapshotMissingError,
  );
}

test("LogView.restore() without a snapshot replays a log that has everything", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, OPTIONS);
  for (let lsn = 0; lsn <= 2; lsn++) {
    assertEquals(await wal.restore(() => assert(false, "called")), 1);
    await wal.append("x");
  }
  await wal.truncateBefore(2);
  const error = await refusal(wal);
  assertEquals([error.firstLsn, error.location], [2, "[memory]"]);
  assertEquals(error.skipped, []);
  await wal.close();
});

test("LogView.restore() finds a flipped bit anywhere, before the caller trusts it", async () => {
  const { wal, storage } = await makeLog();
  const whole = storage.get(NAME)!;
  for (let at = 0; at < whole.length; at++) {
    const bytes = whole.slice();
    bytes[at] ^= 1 << at % 8;
    storage.put(NAME, bytes);
    const error = await refusal(wal);
    assertStringIncludes(error.message, NAME);
  }
  for (const length of [0, 100, whole.length - 1, whole.length + 1]) {
    const bytes = new Uint8Array(length);
    bytes.set(whole.subarray(0, length));
    storage.put(NAME, bytes);
    assertStringIncludes((await refusal(wal)).message, "damaged");
  }
  storage.put(NAME, whole);
  assertEquals(await wal.restore(() => {}), 3);
  await wal.close();
});

test("LogView.restore() refuses a snapshot under another name, or of another log", async () => {
  const { wal, storage } = await makeLog();
  const whole = storage.get(NAME)!;
  storage.remove(NAME);
  storage.put("0000000000000003-00000001.snapshot", whole);
  assertStringIncludes((await refusal(wal)).message, "it says that it is 2-1");
  storage.remove("0000000000000003-00000001.snapshot");
  const other = await makeLog();
  storage.put(NAME, other.storage.get(NAME)!);
  assertStringIncludes((await refusal(wal)).message, "another log");
  await other.wal.close();
  await wal.close();
  // Not even if the log itself is complete: it may have been replaced.
  const fresh = new MemoryStorage();
  const complete = await Wal.open(fresh, OPTIONS);
  fresh.put(NAME, whole);
  assertEquals((await refusal(complete)).firstLsn, 1);
  await complete.close();
});

test("LogView.restore() refuses a snapshot of records that the log does not have", async () => {
  const { wal, storage } = await makeLog();
  const bytes = storage.get(NAME)!;
  const log = [...bytes.subarray(16, 32)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const about = { log, epoch: 1, lsn: 9, length: 0, checksum: 0 };
  const name = "0000000000000009-00000001.snapshot";
  storage.put(name, encodeSnapshotHeader(about));
  await wal.restore(({ lsn, skipped }) => {
    assertEquals(lsn, 2);
    assertEquals(skipped.length, 1);
    assertStringIncludes(skipped[0], "the log was cut back to record 4");
  });
  storage.remove(name);
  await wal.truncateBefore(5);
  const { message } = await refusal(wal);
  assertStringIncludes(message, "records 3 to 4 after it have been dropped");
  await wal.close();
});

test("LogView.restore() passes over a snapshot of records that were cut off", async () => {
  const { wal, storage } = await makeLog();
  await wal.checkpoint(() => "later", { lsn: 4, keep: 2 });
  await wal.truncateAfter(3);
  await wal.append("another 4");
  await wal.append("5");
  for (const place of [wal, undefined]) {
    if (place === undefined) await wal.close();
    const log = place ?? await Wal.open(storage, OPTIONS);
    const from = await log.restore(async (snapshot) => {
      assertEquals(await snapshot.text(), "state");
      assertStringIncludes(snapshot.skipped[0], "cut back to record 3");
    });
    assertEquals(from, 3);
    if (place === undefined) {
      await log.checkpoint(() => "5");
      const names = storage.list().filter((name) => /snapshot/.test(name));
      assertEquals(names.map((name) => Number(name.slice(0, 16))), [5]);
      await log.close();
    }
  }
});

test("LogView.restore() rejects as the function that reads does, and closes the file", async () => {
  const { wal } = await makeLog();
  let kept: Snapshot | undefined;
  await assertRejects(
    () =>
      wal.restore((snapshot) => {
        kept = snapshot;
        throw new Error("mine");
      }),
    Error,
    "mine",
  );
  assertEquals(kept?.lsn, 2);
  await assertRejects(() => wal.restore(undefined as never), TypeError);
  await wal.close();
});

test("Snapshot fails at its end if the file has changed since it was checked", async () => {
  const { wal, storage } = await makeLog();
  const whole = storage.get(NAME)!;
  const file = storage.open(NAME, "write");
  await wal.restore(async (snapshot) => {
    await file.write(new Uint8Array([9]), whole.length - 1);
    await assertRejects(() => snapshot.bytes(), CorruptLogError);
    await assertRejects(() => snapshot.text(), CorruptLogError);
    const reader = snapshot.stream().getReader();
    await reader.read();
    await assertRejects(() => reader.read(), CorruptLogError);
  });
  await wal.close();
});

test("Snapshot can be read by several at once", async () => {
  const { wal } = await makeLog();
  await wal.restore(async (snapshot) => {
    const texts = await Promise.all([1, 2, 3].map(() => snapshot.text()));
    assertEquals(texts, ["state", "state", "state"]);
    const reader = snapshot.stream().getReader();
    await reader.cancel();
  });
  await wal.close();
});

test("LogView.restore() passes over a snapshot that cannot be read, but not over other errors", async () => {
  for (
    const [error, isSkipped] of [["EIO", true], ["EMFILE", false]] as const
  ) {
    let isFailing = false;
    const storage = new MemoryStorage({
      onCall: ({ file }) =>
        isFailing && file.startsWith("0000000000000004-")
          ? { error }
          : undefined,
    });
    const wal = await Wal.open(storage, OPTIONS);
    for (let lsn = 1; lsn <= 4; lsn++) {
      await wal.append(`${lsn}`);
      await wal.checkpoint(() => `${lsn}`, { keep: 2 });
    }
    isFailing = true;
    const restoring = wal.restore(() => {});
    if (isSkipped) assertEquals(await restoring, 4);
    else await assertRejects(() => restoring, Error, "EMFILE");
    isFailing = false;
    await wal.close();
  }
});
