import { salvageLog } from "../../../recovery/salvage/salvage_log.ts";
import { crc32 } from "../../../storage/format/crc32.ts";
import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  type FrameHeader,
} from "../../../storage/format/frame.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
} from "../../../storage/format/manifest.ts";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  type SegmentHeader,
} from "../../../storage/format/segment_header.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { Wal } from "../../../wal.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../../kit/assert.ts";
import {
  checkSalvage,
  salvage,
  type Salvaged,
} from "../../kit/check_salvage.ts";
import { damaged, spoil } from "../../kit/damaged_log.ts";
import { test } from "../../kit/register.ts";
import {
  filesOf,
  lsnsWithout,
  makeSmallLog,
  readLog,
  recordOf,
  storageOf,
} from "../../kit/small_log.ts";

/*
 * Goal: a salvage keeps what is intact, says what is lost, and leaves a working
 * log. Method: damage of each kind to a small log of three segments, four
 * records each in frames of 1, 2 and 1.
 */

function headerOf(bytes: Uint8Array): SegmentHeader {
  return decodeSegmentHeader(bytes) as SegmentHeader;
}

test("salvageLog() changes nothing in a log that is whole", async () => {
  for (const closed of [true, false]) {
    const storage = storageOf(await makeSmallLog(closed));
    await checkSalvage(storage, { holes: [], isDamaged: false });
  }
});

test("salvageLog() makes a segment for one that is missing", async () => {
  const storage = await damaged((_, put) => put(1));
  const report = await checkSalvage(storage, {
    holes: [[5, 8]],
    isDamaged: true,
  });
  assertEquals(report.damages[0].original, undefined);
  assertStringIncludes(
    report.damages[0].reason,
    "the next segment begins at record 9",
  );
  // Of the epoch of the one after it, so that neither counts as fenced.
  assert(storage.list().includes("0000000000000005-00000003.wal"));
});

test("salvageLog() finds damage in several segments, and several in one", async () => {
  const storage = await damaged((log, put) => {
    put(0, spoil(log, 0, 1));
    const twice = spoil(log, 1, 0);
    twice[log.segments[1].frames[2].offset + 44] ^= 1;
    put(1, twice);
    put(2, spoil(log, 2, 2));
  });
  await checkSalvage(storage, {
    holes: [[2, 3], [5, 5], [8, 8], [12, 12]],
    isDamaged: true,
  });
});

test("salvageLog() gives up a segment of which nothing is left", async () => {
  for (const bytes of [0, 1, 300, 5000]) {
    const rubbish = new Uint8Array(bytes).fill(7);
    const middle = await damaged((_, put) => put(1, rubbish));
    await checkSalvage(middle, { holes: [[5, 8]], isDamaged: true });
    const first = await damaged((_, put) => put(0, rubbish));
    await checkSalvage(first, { holes: [[1, 4]], isDamaged: true });
    // The manifest knows how many records the last segment had.
    const last = await damaged((_, put) => put(2, rubbish));
    await checkSalvage(last, { holes: [[9, 12]], isDamaged: true });
    // If the writer died, it is unknown how many there were.
    const dead = await damaged((_, put) => put(2, rubbish), false);
    const { damages } = await salvageLog(dead);
    assertStringIncludes(damages[0].reason, "it is unknown which records");
    await checkSalvage(dead, { holes: [], lastLsn: 8, isDamaged: true });
  }
});

test("salvageLog() keeps a segment that names another one before it", async () => {
  const storage = await damaged(({ segments }, put) => {
    const bytes = segments[1].bytes.slice();
    const header = { ...headerOf(bytes), previous: 0xbad };
    bytes.set(encodeSegmentHeader(header));
    put(1, bytes);
  });
  const { damages } = await checkSalvage(storage, {
    holes: [],
    isDamaged: true,
  });
  assertStringIncludes(damages[0].reason, "after 0x00000bad");
});

test("salvageLog() keeps frames that lost only their place", async () => {
  const storage = await damaged(({ segments: [{ bytes, frames }] }, put) => {
    const moved = new Uint8Array(bytes.length + 24);
    moved.set(bytes.subarray(0, frames[1].offset));
    moved.set(bytes.subarray(frames[1].offset), frames[1].offset + 24);
    put(0, moved);
  });
  await checkSalvage(storage, { holes: [], isDamaged: true });
});

test("salvageLog() loses a frame whose records do not add up", async () => {
  for (
    const [index, holes] of [[0, [2, 3]], [1, [6, 7]], [2, [10, 11]]] as const
  ) {
    const storage = await damaged(({ segments }, put) => {
      put(
        index,
        lieAboutLength(segments[index].bytes, segments[index].frames[1].offset),
      );
    });
    // Its checksum changes, so the next frame does not link to it either.
    await checkSalvage(storage, { holes: [[...holes]], isDamaged: true });
  }
});

test("salvageLog() loses the last frame whose records do not add up", async () => {
  const storage = await damaged(
    ({ segments: [, , { bytes, frames }] }, put) => {
      put(2, lieAboutLength(bytes, frames[2].offset).slice(0, frames[2].end));
    },
    false,
  );
  await checkSalvage(storage, { holes: [[12, 12]], isDamaged: true });
});

/** A frame whose checksum holds, and whose first record is too long. */
function lieAboutLength(segment: Uint8Array, offset: number): Uint8Array {
  const bytes = segment.slice();
  new DataView(bytes.buffer, offset).setUint32(FRAME_HEADER_BYTES, 1000, true);
  return reencode(bytes, offset, {});
}

/** The frame at `offset` with another header and a checksum that holds. */
function reencode(
  segment: Uint8Array,
  offset: number,
  change: Partial<FrameHeader>,
): Uint8Array {
  const bytes = segment.slice();
  const view = new DataView(bytes.buffer, offset);
  encodeFrame(bytes.subarray(offset), {
    salt: view.getUint32(8, true),
    previous: view.getUint32(12, true),
    firstLsn: Number(view.getBigUint64(16, true)),
    syncedLsn: Number(view.getBigUint64(24, true)),
    count: view.getUint32(32, true),
    length: view.getUint32(36, true),
    time: view.getUint32(40, true) + 2 ** 32 * view.getUint16(44, true),
    kind: view.getUint8(46),
    ...change,
  });
  return bytes;
}

test("salvageLog() keeps the last segment's frames when only its header errs", async () => {
  for (const closed of [true, false]) {
    const storage = await damaged(({ segments }, put) => {
      const bytes = segments[2].bytes.slice();
      const header = { ...headerOf(bytes), previous: 0xbad };
      bytes.set(encodeSegmentHeader(header));
      put(2, bytes);
    }, closed);
    await checkSalvage(storage, { holes: [], isDamaged: true });
  }
});

test("salvageLog() believes no stale frame", async () => {
  // A frame of segment 1 in the place of one of segment 2, and a copy of an
  // earlier frame of segment 2.
  for (const source of [0, 1]) {
    const storage = await damaged(({ segments }, put) => {
      const bytes = segments[1].bytes.slice();
      const { offset } = segments[1].frames[2];
      const { frames, bytes: from } = segments[source];
      bytes.set(from.subarray(frames[0].offset, frames[0].end), offset);
      put(1, bytes);
    });
    await checkSalvage(storage, { holes: [[8, 8]], isDamaged: true });
  }
});

test("salvageLog() believes no frame of another salt, however well it fits", async () => {
  const storage = await damaged(({ segments }, put) => {
    const { bytes, frames } = segments[1];
    put(1, reencode(bytes, frames[1].offset, { salt: 7 }));
  });
  await checkSalvage(storage, { holes: [[6, 7]], isDamaged: true });
});

test("salvageLog() leaves alone what lies beyond a segment's end", async () => {
  const log = await makeSmallLog(true);
  const { bytes, frames } = log.segments[0];
  const longer = new Uint8Array(bytes.length + 1000).fill(7);
  longer.set(bytes.subarray(0, frames[2].end));
  const storage = storageOf(log, 0, longer);
  await checkSalvage(storage, { holes: [], isDamaged: false });
});

test("salvageLog() believes no frame that lies where the next segment begins", async () => {
  // Records 2 and 3 were not synced, so opening has copied them to a segment.
  const before = new MemoryStorage();
  const writer = await Wal.open(before, { syncIntervalMs: Infinity });
  await writer.append(recordOf(1));
  await writer.append(recordOf(2), { ack: "os" });
  await writer.append(recordOf(3), { ack: "os" });
  const storage = before.kill();
  await (await Wal.open(storage)).close();
  await writer.close();
  const [first, second] = storage.list().sort();
  assertEquals(second, "0000000000000002-00000002.wal");
  const bytes = storage.get(first)!;
  bytes[64 + 44] ^= 1;
  storage.put(first, bytes);
  await checkSalvage(storage, { holes: [[1, 1]], lastLsn: 3, isDamaged: true });
});

test("salvageLog() drops a torn end next to a hole, as any opening does", async () => {
  const storage = await damaged((log, put) => {
    put(2, spoil(log, 2, 0).slice(0, log.segments[2].bytes.length - 3));
  }, false);
  const report = await salvage(storage.kill());
  const { offset } = (await makeSmallLog(false)).segments[2].frames[2];
  assertEquals(report.torn?.offset, offset);
  const want = { holes: [[9, 9]], lastLsn: 11, isDamaged: true };
  await checkSalvage(storage.kill(), want as Salvaged);
  // What was torn is gone with the rewrite, so nothing is left to refuse.
  await salvage(storage);
  const { lsns } = await readLog(storage, { recovery: "strict" });
  assertEquals(lsns, lsnsWithout([[9, 9]], 11));
});

test("salvageLog() keeps the originals of each repair", async () => {
  const storage = await damaged((log, put) => put(1, spoil(log, 1, 1)));
  const name = "0000000000000005-00000002.wal";
  const first = storage.get(name)!;
  await salvage(storage);
  const revision = "0000000000000005-00000002.1.wal";
  const again = storage.get(revision)!;
  again[70] ^= 1;
  storage.put(revision, again);
  await salvage(storage);
  assertEquals(storage.get(`${name}.broken`), first);
  assertEquals(storage.get(`${revision}.broken`), again);
  assertEquals(storage.get(name), undefined);
  assertEquals(storage.get(revision), undefined);
  assert(storage.list().includes("0000000000000005-00000002.2.wal"));
  const want = await readLog(storage);
  assertEquals(want.holes, [[5, 5], [6, 7]]);
  // One that a repair has replaced is not part of the log, but is kept, too.
  const alike = first.slice();
  alike[70] ^= 1;
  storage.put(name, alike);
  assertEquals((await salvage(storage)).damages, []);
  assertEquals(storage.get(`${name}.broken`), first);
  assertEquals(storage.get(`${name}.broken.2`), alike);
  assertEquals(storage.get(name), undefined);
  assertEquals(await readLog(storage), want);
});

test("salvageLog() refuses a version that it does not know, and changes nothing", async () => {
  for (const index of [0, 1, 2]) {
    const storage = await damaged((log, put) => {
      put((index + 1) % 3, spoil(log, (index + 1) % 3, 0));
      const bytes = log.segments[index].bytes.slice();
      bytes[8] = 2;
      const checksum = crc32(bytes.subarray(0, 60));
      new DataView(bytes.buffer).setUint32(60, checksum, true);
      put(index, bytes);
    });
    const before = filesOf(storage);
    const error = await assertRejects(() =>
      Wal.open(storage, { recovery: "salvage" })
    );
    assertEquals((error as Error).name, "FormatVersionError");
    assertEquals(filesOf(storage), before);
  }
});

test("Wal.open() copies what is unsynced after a hole that skips nothing", async () => {
  // A repaired last segment whose mark is torn: its last frame is unsynced.
  const storage = await damaged(({ segments }, put) => {
    const bytes = segments[2].bytes.slice();
    const header = { ...headerOf(bytes), previous: 0xbad };
    bytes.set(encodeSegmentHeader(header));
    const { offset, end } = segments[2].frames[0];
    put(2, reencode(bytes, offset, { previous: 0xbad }).slice(0, end));
  }, false);
  await salvage(storage);
  const name = "0000000000000009-00000003.1.wal";
  const repaired = storage.get(name)!;
  storage.put(name, repaired.slice(0, -5));
  const manifest = decodeManifest(storage.get("00000004.manifest")!);
  const less = { ...manifest as Manifest, durableLsn: 8 };
  storage.put("00000004.manifest", encodeManifest(less));
  const kept = { lsns: lsnsWithout([], 9), holes: [] };
  assertEquals(await readLog(storage), kept);
  assert(storage.list().includes("0000000000000009-00000005.wal"));
  assertEquals(await readLog(storage, { recovery: "strict" }), kept);
});
