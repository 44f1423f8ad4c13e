import fc from "fast-check";
import { formatSegmentName } from "../../storage/format/file_names.ts";
import {
  encodeHole,
  frameBytes,
  KIND,
  makeFrame,
} from "../../storage/format/frame.ts";
import { encodeSegmentHeader } from "../../storage/format/segment_header.ts";
import {
  encodeIndex,
  indexBytes,
  type IndexEntry,
} from "../../storage/format/segment_index.ts";

/*
 * Segments of any frames, sealed with an index that is true, or made up, or in
 * part both. Records may hold bytes that are whole frames of this very segment.
 */

/** A frame of any kind but a seal. */
export interface DrawnFrame {
  kind: number;
  /** Records, or lost ones. */
  lsns: number;
  /** Bytes of each record. */
  bytes: number;
  /** Frames that the first record holds: their LSN, and how many. */
  forged?: { lsn: number; count: number; links: boolean } | undefined;
  /** What the first record is, if that matters. */
  data?: Uint8Array;
}

/** An index, and what is wrong with it. */
export interface DrawnIndex {
  /** Which frames have a true entry. */
  true: boolean[];
  /** Entries near a frame, or anywhere, put at any place. */
  lies: { at: number; frame: number; lsn: number; offset: number }[];
  /** Which forged frames have an entry. */
  forged: boolean[];
  /** Least distance between entries, which then rise; 0 leaves all of them. */
  step: number;
  /** By how much the footer is wrong about the length of the seal. */
  footer: number;
  /** Bytes after the seal. */
  tail: number;
}

/** A segment, and what its records are. */
export interface DrawnSegment {
  bytes: Uint8Array;
  /** The records by LSN, from 1 on; `undefined` for one that is lost. */
  records: (Uint8Array | undefined)[];
  /** Places of the frames. */
  places: IndexEntry[];
  /** The segment after it. */
  next: Uint8Array;
}

/** The segment's name. */
export const NAME: string = formatSegmentName(1, 1);
/** The log's id. */
export const LOG: string = "0".repeat(32);
/** The salt of its frames. */
export const SALT = 7;

/** Any frame but a seal; at most 256 bytes. */
export const frame: fc.Arbitrary<DrawnFrame> = fc.record({
  kind: fc.constantFrom(KIND.records, KIND.records, KIND.hole, 200),
  lsns: fc.integer({ min: 0, max: 3 }),
  bytes: fc.nat(30),
  forged: fc.option(
    fc.record({
      lsn: fc.integer({ min: 1, max: 30 }),
      count: fc.integer({ min: 1, max: 2 }),
      links: fc.boolean(),
    }),
    { nil: undefined },
  ),
});

/** Any index, most of them with lies. */
export const index: fc.Arbitrary<DrawnIndex> = fc.record({
  true: fc.array(fc.boolean(), { maxLength: 24 }),
  lies: fc.array(
    fc.record({
      at: fc.nat(12),
      frame: fc.nat(24),
      lsn: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.maxSafeNat()),
      offset: fc.oneof(
        fc.constant(0),
        fc.integer({ min: -80, max: 80 }),
        fc.maxSafeNat(),
      ),
    }),
    { maxLength: 6 },
  ),
  forged: fc.array(fc.boolean(), { maxLength: 24 }),
  step: fc.constantFrom(0, 256, 256, 256),
  footer: fc.oneof(
    { arbitrary: fc.constant(0), weight: 9 },
    { arbitrary: fc.integer({ min: -100, max: 100 }), weight: 1 },
    { arbitrary: fc.nat(2 ** 31), weight: 1 },
  ),
  tail: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, fc.nat(20)),
});

/** Lays out frames and a seal with the index. */
export function segmentOf(
  drawn: readonly DrawnFrame[],
  index: DrawnIndex,
): DrawnSegment {
  const maker = new SegmentMaker();
  for (const frame of drawn) maker.add(frame);
  const { places } = maker;
  const entries = entriesOf(places, maker.forged, index);
  const sealBytes = frameBytes(indexBytes(entries.length));
  const footer = Math.max(0, sealBytes + index.footer);
  const next = maker.next();
  maker.put(KIND.seal, encodeIndex(entries, footer), 0);
  maker.parts.push(new Uint8Array(index.tail));
  const bytes = Uint8Array.from(maker.parts.flatMap((part) => [...part]));
  return { bytes, records: maker.records, places, next };
}

class SegmentMaker {
  readonly parts = [
    encodeSegmentHeader({
      ...{ log: LOG, firstLsn: 1, epoch: 1, salt: SALT, previous: 0 },
    }),
  ];
  readonly places: IndexEntry[] = [];
  readonly forged: IndexEntry[] = [];
  readonly records: (Uint8Array | undefined)[] = [];
  #offset = 64;
  #previous = 0;
  #link = 0;
  #lsn = 1;

  add({ kind, lsns, bytes, forged, data: first }: DrawnFrame): void {
    if (kind === KIND.records) {
      const data: Uint8Array[] = Array.from(
        { length: lsns + 1 },
        (_, at) => new Uint8Array(bytes).fill(this.#lsn + at),
      );
      if (forged !== undefined) data.splice(0, 3, this.#forge(forged));
      if (first !== undefined) data[0] = first;
      this.records.push(...data);
      const payload = data.flatMap((one) => {
        return [one.length & 255, one.length >> 8, 0, 0, ...one];
      });
      this.#previous = this.put(kind, Uint8Array.from(payload), data.length);
      this.#link = this.#previous;
    } else if (kind === KIND.hole) {
      const resumes = 1000 + this.#lsn;
      this.put(kind, encodeHole({ resumes, lost: lsns }), 0, lsns);
      this.records.push(...new Array(lsns).fill(undefined));
      this.#previous = resumes;
      if (lsns > 0) this.#link = resumes;
    } else {
      this.put(kind, new Uint8Array(bytes), 0);
    }
  }

  put(kind: number, payload: Uint8Array, count: number, lost = 0): number {
    const { bytes, checksum } = makeFrame(payload, {
      salt: SALT,
      previous: this.#previous,
      firstLsn: this.#lsn,
      syncedLsn: this.#lsn + lost - 1,
      count,
      time: this.#lsn,
      kind,
    });
    this.parts.push(bytes);
    this.places.push({ lsn: this.#lsn, offset: this.#offset });
    this.#offset += bytes.length;
    this.#lsn += count + lost;
    return checksum;
  }

  /** The segment after it. */
  next(): Uint8Array {
    return encodeSegmentHeader({
      ...{ log: LOG, firstLsn: this.#lsn, epoch: 1, salt: SALT + 1 },
      previous: this.#link,
    });
  }

  /** A record of frames which are whole, and at a multiple of 8. */
  #forge(
    { lsn, count, links }: NonNullable<DrawnFrame["forged"]>,
  ): Uint8Array {
    let previous = links ? this.#previous : 0;
    const frames = Array.from({ length: count }, (_, at) => {
      this.forged.push({ lsn: lsn + at, offset: this.#offset + 56 + at * 64 });
      const { bytes, checksum } = makeFrame(
        Uint8Array.of(6, 0, 0, 0, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee),
        {
          ...{ salt: SALT, previous, firstLsn: lsn + at, syncedLsn: 0 },
          ...{ count: 1, time: 0, kind: KIND.records },
        },
      );
      previous = checksum;
      return bytes;
    });
    return Uint8Array.from([0, 0, 0, 0, ...frames.flatMap((one) => [...one])]);
  }
}

function entriesOf(
  places: readonly IndexEntry[],
  forged: readonly IndexEntry[],
  index: DrawnIndex,
): IndexEntry[] {
  const entries = places.filter((_, at) => index.true[at]);
  entries.push(...forged.filter((_, at) => index.forged[at]));
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
  return index.step === 0 ? entries : spaced(entries, index.step);
}

/** Those of the entries that rise, with a distance between them. */
function spaced(entries: IndexEntry[], step: number): IndexEntry[] {
  let before = { lsn: 1, offset: 64 };
  return entries.toSorted((a, b) => a.offset - b.offset).filter((entry) => {
    const isNext = entry.lsn > before.lsn &&
      entry.offset >= before.offset + step;
    if (isNext) before = entry;
    return isNext;
  });
}
