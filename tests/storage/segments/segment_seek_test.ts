import fc from "fast-check";
import {
  formatSegmentName,
  parseSegmentName,
} from "../../../storage/format/file_names.ts";
import {
  encodeFrame,
  encodeHole,
  FRAME_HEADER_BYTES,
  frameBytes,
  KIND,
  lsnsOf,
} from "../../../storage/format/frame.ts";
import { encodeSegmentHeader } from "../../../storage/format/segment_header.ts";
import {
  encodeIndex,
  indexBytes,
  type IndexEntry,
} from "../../../storage/format/segment_index.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { SegmentCursor } from "../../../storage/segments/segment_cursor.ts";
import { Wal } from "../../../wal.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/*
 * Goal: an index saves reading and changes nothing of what is read, even if it
 * lies. Method: segments of any frames, sealed with an index that is true, or
 * made up, or in part both; each is read from each record on, with and without.
 */

/** A frame of any kind but a seal. */
interface DrawnFrame {
  kind: number;
  /** Records, or lost ones. */
  lsns: number;
  /** Bytes of each record. */
  bytes: number;
}

interface DrawnIndex {
  /** Which frames have a true entry. */
  true: boolean[];
  /** Entries near a frame, or anywhere, put at any place. */
  lies: { at: number; frame: number; lsn: number; offset: number }[];
  /** By how much the footer is wrong about the length of the seal. */
  footer: number;
  /** Bytes after the seal. */
  tail: number;
}

const NAME = formatSegmentName(1, 1);
const LOG = "0".repeat(32);
const SALT = 7;

const frame: fc.Arbitrary<DrawnFrame> = fc.record({
  kind: fc.constantFrom(KIND.records, KIND.records, KIND.hole, 200),
  lsns: fc.integer({ min: 0, max: 3 }),
  bytes: fc.nat(30),
});

const index: fc.Arbitrary<DrawnIndex> = fc.record({
  true: fc.array(fc.boolean(), { maxLength: 12 }),
  lies: fc.array(
    fc.record({
      at: fc.nat(12),
      frame: fc.nat(12),
      lsn: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.maxSafeNat()),
      offset: fc.oneof(
        fc.constant(0),
        fc.integer({ min: -80, max: 80 }),
        fc.maxSafeNat(),
      ),
    }),
    { maxLength: 6 },
  ),
  footer: fc.oneof(
    { arbitrary: fc.constant(0), weight: 5 },
    { arbitrary: fc.integer({ min: -100, max: 100 }), weight: 1 },
    { arbitrary: fc.nat(2 ** 31), weight: 1 },
  ),
  tail: fc.oneof({ arbitrary: fc.constant(0), weight: 5 }, fc.nat(20)),
});

/** The segment's bytes, with a seal that has the index. */
function segmentOf(drawn: DrawnFrame[], index: DrawnIndex): Uint8Array {
  const header = { log: LOG, firstLsn: 1, epoch: 1, salt: SALT, previous: 0 };
  const parts = [encodeSegmentHeader(header)];
  const places: IndexEntry[] = [];
  let offset = parts[0].length;
  let previous = 0;
  let lsn = 1;
  const add = (kind: number, payload: Uint8Array, count: number, lost = 0) => {
    const bytes = new Uint8Array(frameBytes(payload.length));
    bytes.set(payload, FRAME_HEADER_BYTES);
    const checksum = encodeFrame(bytes, {
      salt: SALT,
      previous,
      firstLsn: lsn,
      syncedLsn: lsn + lost - 1,
      count,
      length: payload.length,
      time: lsn,
      kind,
    });
    parts.push(bytes);
    places.push({ lsn, offset });
    offset += bytes.length;
    lsn += count + lost;
    return checksum;
  };
  for (const { kind, lsns, bytes } of drawn) {
    if (kind === KIND.records) {
      const count = lsns + 1;
      previous = add(kind, recordsOf(count, bytes), count);
    } else if (kind === KIND.hole) {
      const resumes = 1000 + lsn;
      add(kind, encodeHole({ resumes, lost: lsns }), 0, lsns);
      previous = resumes;
    } else {
      add(kind, new Uint8Array(bytes), 0);
    }
  }
  const entries = entriesOf(places, index);
  const sealBytes = frameBytes(indexBytes(entries.length));
  const footer = Math.max(0, sealBytes + index.footer);
  add(KIND.seal, encodeIndex(entries, footer), 0);
  parts.push(new Uint8Array(index.tail));
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function recordsOf(count: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(count * (4 + bytes));
  for (let at = 0; at < payload.length; at += 4 + bytes) payload[at] = bytes;
  return payload;
}

function entriesOf(places: IndexEntry[], index: DrawnIndex): IndexEntry[] {
  const entries = places.filter((_, at) => index.true[at]);
  for (const { at, frame, lsn, offset } of index.lies) {
    const place = places[frame % Math.max(1, places.length)] ??
      { lsn: 1, offset: 64 };
    entries.splice(at % (entries.length + 1), 0, {
      lsn: Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, place.lsn + lsn)),
      offset: Math.min(
        Number.MAX_SAFE_INTEGER,
        Math.max(0, place.offset + offset),
      ),
    });
  }
  return entries;
}

/** What a cursor reads from `from` on, and what it says afterwards. */
async function readFrom(
  storage: MemoryStorage,
  from: number,
  seeks: boolean,
  end = Infinity,
): Promise<unknown> {
  const cursor = await SegmentCursor.open(storage, parseSegmentName(NAME)!);
  if (seeks) await cursor.seek(from);
  const read: unknown[] = [];
  const chain = cursor.frames(end);
  let step = await chain.next();
  for (; !step.done; step = await chain.next()) {
    const frames = step.value.filter((frame) =>
      frame.firstLsn + lsnsOf(frame) > from
    );
    read.push(...frames.map(({ payload, ...frame }) => {
      return { ...frame, payload: [...payload] };
    }));
  }
  const { nextLsn, link } = cursor;
  await cursor.close();
  return { read, nextLsn, link, stop: step.value };
}

/** Compares both from each record on, up to each frame that may be the end. */
async function assertSameReading(bytes: Uint8Array): Promise<void> {
  const storage = new MemoryStorage();
  storage.put(NAME, bytes);
  const cursor = await SegmentCursor.open(storage, parseSegmentName(NAME)!);
  const ends = new Set([Infinity]);
  for await (const frames of cursor.frames()) {
    for (const { firstLsn } of frames) ends.add(firstLsn);
  }
  await cursor.close();
  for (const end of ends) {
    for (let from = 1; from < Math.min(end, cursor.nextLsn); from++) {
      const plain = await readFrom(storage, from, false, end);
      assertEquals(await readFrom(storage, from, true, end), plain);
    }
  }
}

test("SegmentCursor.seek() changes nothing of what is read, even if an index lies", async () => {
  const frames = fc.array(frame, { maxLength: 10 });
  const property = fc.asyncProperty(
    frames,
    index,
    (frames, index) => assertSameReading(segmentOf(frames, index)),
  );
  // An entry for record 2 that leads to the frame of record 3.
  const lie = { at: 0, frame: 2, lsn: -1, offset: 0 };
  const one = { kind: KIND.records, lsns: 0, bytes: 4 };
  const lying = { true: [], lies: [lie], footer: 0, tail: 0 };
  await fc.assert(property, {
    numRuns: 150,
    examples: [[[one, one, one], lying]],
  });
});

test("SegmentCursor.seek() moves to the last entry at or below a record", async () => {
  const drawn = Array.from({ length: 6 }, () => {
    return { kind: KIND.records, lsns: 1, bytes: 4 };
  });
  const entries = [false, true, false, true, false, false];
  const index = { true: entries, lies: [], footer: 0, tail: 0 };
  const storage = new MemoryStorage();
  storage.put(NAME, segmentOf(drawn, index));
  const reached: number[] = [];
  for (let lsn = 1; lsn <= 12; lsn++) {
    const cursor = await SegmentCursor.open(storage, parseSegmentName(NAME)!);
    await cursor.seek(lsn);
    reached.push(cursor.nextLsn);
    await cursor.close();
  }
  assertEquals(reached, [1, 1, 3, 3, 3, 3, 7, 7, 7, 7, 7, 7]);
});

test("SegmentCursor.seek() never moves back", async () => {
  const drawn = Array.from({ length: 4 }, () => {
    return { kind: KIND.records, lsns: 0, bytes: 4 };
  });
  const index = { true: [true, true], lies: [], footer: 0, tail: 0 };
  const storage = new MemoryStorage();
  storage.put(NAME, segmentOf(drawn, index));
  const cursor = await SegmentCursor.open(storage, parseSegmentName(NAME)!);
  for await (const _ of cursor.frames(4));
  for (const lsn of [1, 4, 5, 100]) {
    await cursor.seek(lsn);
    assertEquals(cursor.nextLsn, 4);
  }
  await cursor.close();
});

test("Wal.read() finds a record by the index of a sealed segment", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { reserveBytes: 0 });
  const data = new Uint8Array(10_000);
  for (let lsn = 1; lsn <= 40; lsn++) await wal.append(data.fill(lsn));
  await wal.close();
  const names = storage.list().sort().flatMap((name) =>
    parseSegmentName(name) ?? []
  );
  for (const [index, name] of names.entries()) {
    const lastLsn = (names[index + 1]?.firstLsn ?? 41) - 1;
    const cursor = await SegmentCursor.open(storage, name);
    await cursor.seek(lastLsn);
    assert(lastLsn - cursor.nextLsn < 7, `${cursor.nextLsn} for ${lastLsn}`);
    await cursor.close();
  }
  const reopened = await Wal.open(storage, { reserveBytes: 0 });
  for (const from of [1, 8, 9, 33, 40]) {
    const { value } = await reopened.read({ from, to: from }).next();
    assertEquals([value?.lsn, value?.data[0]], [from, from]);
  }
  await reopened.close();
});
