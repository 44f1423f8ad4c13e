import fc from "fast-check";
import { salvageLog } from "../../../recovery/salvage/salvage_log.ts";
import {
  formatManifestName,
  formatSegmentName,
} from "../../../storage/format/file_names.ts";
import {
  encodeFrame,
  encodeHole,
  FRAME_HEADER_BYTES,
  frameBytes,
  KIND,
} from "../../../storage/format/frame.ts";
import {
  encodeManifest,
  type Manifest,
} from "../../../storage/format/manifest.ts";
import { encodeSegmentHeader } from "../../../storage/format/segment_header.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { assert, assertEquals, assertGreater } from "../../kit/assert.ts";
import { lostIn, salvage } from "../../kit/check_salvage.ts";
import { decodeLog } from "../../kit/independent_decoder.ts";
import { test } from "../../kit/register.ts";
import {
  assertTyped,
  filesOf,
  readLog,
  recordOf,
} from "../../kit/small_log.ts";

/*
 * Goal: no order of frames, each of which is whole, leaves a log that cannot be
 * opened after a salvage, or that a second salvage finds fault with. Method:
 * segments of frames with any LSN, link, salt and hole, whose checksums hold.
 */

interface AnyFrame {
  kind: "records" | "seal" | "hole";
  /** Absent for the next one. */
  firstLsn?: number;
  /** Number of records, or of lost ones. */
  lsns: number;
  /** Absent for the checksum of the frame before. */
  previous?: number;
  syncedLsn?: number;
  salt: number;
  /** Bytes of rubbish after it. */
  gap: number;
}

const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, {
    arbitrary: value,
    weight: 1,
  });

const frame: fc.Arbitrary<AnyFrame> = fc.record({
  kind: fc.constantFrom("records", "records", "seal", "hole"),
  firstLsn: rarely(fc.integer({ min: 0, max: 14 })),
  lsns: fc.integer({ min: 0, max: 3 }),
  previous: rarely(fc.nat(2)),
  syncedLsn: rarely(fc.oneof(fc.nat(14), fc.constant(2 ** 53 - 1))),
  salt: fc.oneof({ arbitrary: fc.constant(7), weight: 9 }, {
    arbitrary: fc.constant(8),
    weight: 1,
  }),
  gap: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, fc.nat(40)),
}, { requiredKeys: ["kind", "lsns", "salt", "gap"] });

const segment = fc.record({
  previous: rarely(fc.nat(2)),
  spoilt: fc.boolean(),
  frames: fc.array(frame, { maxLength: 6 }),
});
type AnySegment = {
  previous?: number | undefined;
  spoilt: boolean;
  frames: AnyFrame[];
};

test("salvageLog() makes a log of any frames in any order", async () => {
  const segments = fc.array(segment, { minLength: 1, maxLength: 3 });
  const known = fc.record({
    firstLsn: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 14 })),
    baseLsn: fc.nat(14),
    durableLsn: fc.nat(14),
  });
  const property = fc.asyncProperty(segments, known, checkSegments);
  await fc.assert(property, { numRuns: 800 });
});

test("salvageLog() fills a gap after a hole that skips nothing", async () => {
  const frames: AnyFrame[] = [
    { kind: "records", lsns: 0, salt: 7, gap: 0 },
    { kind: "hole", lsns: 0, salt: 7, gap: 0 },
  ];
  const next = { spoilt: false, frames: [] };
  await checkSegments([{ spoilt: false, frames }, next]);
});

test("Wal.open() copies a frame of which only a part is declared synced", async () => {
  const frames: AnyFrame[] = [
    { kind: "records", lsns: 0, syncedLsn: 11, salt: 7, gap: 0 },
    { kind: "hole", firstLsn: 11, lsns: 0, salt: 7, gap: 0 },
    { kind: "records", lsns: 1, salt: 7, gap: 0 },
    { kind: "seal", lsns: 0, syncedLsn: 0, salt: 7, gap: 0 },
  ];
  await checkSegments([{ spoilt: false, frames }]);
});

async function checkSegments(
  segments: AnySegment[],
  known: Known = NEW,
): Promise<void> {
  const storage = makeLog(segments, known);
  for (const recovery of ["tail", "strict"] as const) {
    await readLog(storage.kill(), { recovery }).catch((error) =>
      assertTyped(error)
    );
  }
  const foreseen = await salvageLog(storage);
  const report = await salvage(storage);
  assertEquals(report, foreseen);
  const { records, damages, torn } = report;
  assertEquals((await salvage(storage)).damages, []);
  const decoded = decodeLog(filesOf(storage));
  assertEquals(decoded.refusal, undefined);
  assertEquals(decoded.records.length, records);
  for (const [from, to] of lostIn({ records, damages })) {
    const isHole = ([first, last]: [number, number]) =>
      first <= from && to <= last;
    assert(decoded.holes.some(isHole), `${from} to ${to} are not a hole`);
    assertGreater(from + 1, known.firstLsn);
  }
  const isTorn = damages.length === 0 && torn !== undefined;
  const recovery = isTorn ? "tail" : "strict";
  const { lsns } = await readLog(storage, { recovery });
  assertEquals(lsns.length, records);
}

/** What the manifest says. */
type Known = Pick<Manifest, "firstLsn" | "baseLsn" | "durableLsn">;

const LOG = "000102030405060708090a0b0c0d0e0f";
const NEW: Known = { firstLsn: 1, baseLsn: 0, durableLsn: 0 };

/** Segments that begin at records 1, 5 and 9, with what they should hold. */
function makeLog(segments: AnySegment[], known: Known): MemoryStorage {
  const storage = new MemoryStorage();
  let link = 0;
  for (
    const [index, { previous = link, spoilt, frames }] of segments.entries()
  ) {
    const epoch = index + 1;
    let nextLsn = 1 + 4 * index;
    link = previous;
    const header = { log: LOG, firstLsn: nextLsn, epoch, salt: 7, previous };
    const parts = [encodeSegmentHeader(header)];
    if (spoilt) parts[0][50] ^= 1;
    for (const drawn of frames) {
      const frame = { firstLsn: nextLsn, previous: link, ...clean(drawn) };
      const encoded = encode(frame);
      parts.push(encoded.bytes, new Uint8Array(frame.gap).fill(7));
      link = encoded.link;
      nextLsn = encoded.nextLsn;
    }
    const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
    storage.put(formatSegmentName(header.firstLsn, epoch), bytes);
  }
  const epoch = segments.length;
  storage.put(
    formatManifestName(epoch),
    encodeManifest({
      log: LOG,
      epoch,
      rewriteLsn: 0,
      time: 0,
      link: 0,
      closed: false,
      ...known,
    }),
  );
  return storage;
}

/** Without the keys that have no value, which would hide the defaults. */
function clean(frame: AnyFrame): AnyFrame {
  const entries = Object.entries(frame);
  const given = entries.filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as unknown as AnyFrame;
}

function encode(
  frame: AnyFrame & { firstLsn: number; previous: number },
): { bytes: Uint8Array; link: number; nextLsn: number } {
  const { kind, firstLsn, previous, salt } = frame;
  const lsns = kind === "seal"
    ? 0
    : kind === "hole"
    ? frame.lsns
    : frame.lsns + 1;
  const resumes = 1;
  const payload = kind === "records"
    ? recordsFrom(firstLsn, lsns)
    : kind === "hole"
    ? encodeHole({ resumes, lost: lsns })
    : new Uint8Array();
  const { length } = payload;
  const syncedLsn = kind === "hole"
    ? firstLsn + lsns - 1
    : frame.syncedLsn ?? Math.max(0, firstLsn - 1);
  const bytes = new Uint8Array(frameBytes(length));
  bytes.set(payload, FRAME_HEADER_BYTES);
  const count = kind === "records" ? lsns : 0;
  const checksum = encodeFrame(bytes, {
    salt,
    previous,
    firstLsn,
    syncedLsn,
    count,
    length,
    time: 0,
    kind: KIND[kind],
  });
  const link = kind === "records"
    ? checksum
    : kind === "hole"
    ? resumes
    : previous;
  return { bytes, link, nextLsn: firstLsn + lsns };
}

function recordsFrom(firstLsn: number, count: number): Uint8Array {
  const parts: number[] = [];
  for (let lsn = firstLsn; lsn < firstLsn + count; lsn++) {
    const record = new TextEncoder().encode(recordOf(lsn));
    parts.push(record.length, 0, 0, 0, ...record);
  }
  return Uint8Array.from(parts);
}
