/*
 * Goal: cursors and snapshots are as docs/format.md says. Method: a reader that
 * was written from that page alone reads what the library wrote, and both
 * refuse the same damage.
 */
import fc from "fast-check";
import {
  type CursorCommit,
  decodeCursor,
  decodeSnapshotHeader,
  encodeCommit,
  encodeCursor,
  encodeMark,
  encodeSnapshotHeader,
} from "../../../../storage/format/companions/mod.ts";
import { MemoryStorage } from "../../../../storage/memory/memory_storage.ts";
import { Wal } from "../../../../wal.ts";
import { assert, assertEquals, assertThrows } from "../../../kit/assert.ts";
import {
  decodeCursorFile,
  decodeSnapshotFile,
} from "../../../kit/independent_companions.ts";
import { Refusal } from "../../../kit/independent_segment.ts";
import { test } from "../../../kit/register.ts";

const lsns = fc.maxSafeNat();
const log = fc.stringMatching(/^[0-9a-f]{32}$/);

test("a cursor that a log wrote is as docs/format.md says", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { warn() {} });
  await wal.appendBatch(["1", "2", "3", "4", "5"]);
  const cursor = await wal.cursor("a-b_9");
  for (let lsn = 0; lsn <= 5; lsn++) {
    await cursor.commit(lsn);
    const bytes = storage.get("a-b_9.cursor")!;
    const found = decodeCursorFile("a-b_9.cursor", bytes);
    const { log: _, ...said } = found;
    assertEquals(bytes.length, 12_352);
    assertEquals(said, {
      sequence: lsn + 1,
      lsn,
      epoch: 1,
      confirmed: lsn + 1,
      places: [lsn],
    });
  }
  await wal.close();
});

test("a snapshot that a log wrote is as docs/format.md says", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { warn() {} });
  await wal.appendBatch(["1", "2", "3"]);
  await wal.checkpoint(() => ["a ", "state"]);
  await wal.close();
  const name = "0000000000000003-00000001.snapshot";
  const found = decodeSnapshotFile(name, storage.get(name)!);
  assertEquals([found.lsn, found.epoch], [3, 1]);
  assertEquals(new TextDecoder().decode(found.content), "a state");
  const manifest = storage.get("00000001.manifest")!;
  const id = [...manifest.subarray(16, 32)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assertEquals(found.log, id);
});

const commit = fc.record({
  log: fc.constant("ab".repeat(16)),
  sequence: fc.integer({ min: 1, max: 9 }),
  lsn: lsns,
  epoch: lsns,
  confirmed: fc.integer({ min: 0, max: 9 }),
  consumer: fc.nat(0xffffffff),
});

test("decodeCursor() reads any slots as the independent reader does", () => {
  const slots = fc.uniqueArray(commit, {
    selector: ({ sequence }) => sequence,
    maxLength: 3,
  });
  const flips = fc.array(fc.nat(12_352 * 8 - 1), { maxLength: 2 });
  const file = fc.tuple(slots, fc.option(commit), flips);
  fc.assert(
    fc.property(file, ([commits, marked, flips]) => {
      const bytes = encodeCursor(...(commits as CursorCommit[]));
      if (marked !== null) {
        const { bytes: mark, offset } = encodeMark(marked);
        bytes.set(mark, offset);
      }
      for (const bit of flips) {
        // Where something is, more often than in the zeros between.
        const at = (bit >> 3) % 4 * 4096 + (bit >> 5) % 100;
        if (at < bytes.length) bytes[at] ^= 1 << (bit & 7);
      }
      const found = decodeCursor(bytes);
      if ("fault" in found) {
        assertThrows(() => decodeCursorFile("a.cursor", bytes), Refusal);
        return;
      }
      const { newest, confirmed, places } = found;
      const other = decodeCursorFile("a.cursor", bytes);
      assertEquals(
        [newest.log, newest.sequence, newest.lsn, newest.epoch, confirmed],
        [other.log, other.sequence, other.lsn, other.epoch, other.confirmed],
      );
      const isKnown = other.places.length > 0;
      if (isKnown) assertEquals(Math.min(...places), other.places[0]);
    }),
    { numRuns: 2000 },
  );
});

test("decodeCursor() refuses a slot of another version, even beside whole ones", () => {
  const commit = { log: "00".repeat(16), sequence: 1, lsn: 1, epoch: 1 };
  const whole = { ...commit, confirmed: 1, consumer: 1 };
  const bytes = encodeCursor(whole, { ...whole, sequence: 2 });
  const later = encodeCommit(whole);
  const view = new DataView(later.buffer);
  view.setUint32(8, 2, true);
  bytes.set(resealed(later), 8192);
  const found = decodeCursor(bytes);
  assert("fault" in found);
  assertEquals([found.fault, found.found], ["version", "version 2"]);
  const error = assertThrows(
    () => decodeCursorFile("a.cursor", bytes),
    Refusal,
  );
  assertEquals(error.kind, "version");
});

/** The same envelope with a right checksum. */
function resealed(bytes: Uint8Array): Uint8Array {
  const at = bytes.length - 4;
  const view = new DataView(bytes.buffer);
  for (let tries = 0;; tries++) {
    const found = decodeCursor(padded(bytes));
    if (!("fault" in found) || found.fault !== "checksum") return bytes;
    view.setUint32(at, Number(found.found), true);
    assert(tries < 2);
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(12_352);
  for (const at of [0, 4096, 8192]) whole.set(bytes, at);
  return whole;
}

test("decodeSnapshotHeader() gives back what encodeSnapshotHeader() was given", () => {
  const header = fc.record({
    log,
    epoch: lsns,
    lsn: lsns,
    length: lsns,
    checksum: fc.nat(0xffffffff),
  });
  fc.assert(fc.property(header, fc.nat(127 * 8), (drawn, bit) => {
    const header = { ...drawn };
    const bytes = encodeSnapshotHeader(header);
    assertEquals(decodeSnapshotHeader(bytes), header);
    bytes[bit >> 3] ^= 1 << (bit & 7);
    assert("fault" in decodeSnapshotHeader(bytes));
    assert("fault" in decodeSnapshotHeader(bytes.subarray(0, 127)));
  }));
});
