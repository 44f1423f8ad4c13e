/**
 * Makes the vectors beside this file: small logs, byte for byte the same each
 * time, and `expected.json`, which says what a reader has to make of them.
 * Run it with `deno run -RW tests/vectors/make.ts`.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { concat, type ExpectedSegment, Segment } from "./segment.ts";

/** What a reader has to make of one log. */
export interface Expected {
  vector: string;
  what: string;
  /** The segments that make up the log, in order. */
  segments: ExpectedSegment[];
  /** Files of the log that are never read. */
  fenced: string[];
  /** All records, each in base 16. */
  records: string[];
  /** Records that are lost, by first and last LSN. */
  holes: [number, number][];
  /** What lies behind the last frame of the last segment. */
  remainder: "nothing" | "zeros" | "bytes";
  /** What opening in the mode `tail` does. */
  decision: "accept" | "cut" | "refuse";
}

/** A log, its files and what is expected of it. */
export interface Vector {
  files: Map<string, Uint8Array>;
  expected: Expected;
}

/** All vectors. */
export function makeVectors(): Vector[] {
  return [
    ...soundVectors(),
    ...damagedVectors(),
    ...chainVectors(),
    ...holeVectors(),
  ];
}

function soundVectors(): Vector[] {
  return [
    vector("one_record", "one frame with one record", [
      new Segment(1, 1).frame(["first"], 0),
    ]),
    vector("worked_example", "the one of docs/format.md", [
      new Segment(1, 1).frame(["one"], 0).frame(["two"], 1),
    ]),
    vector("several_frames", "frames of 2, 1 and 3 records", [
      new Segment(1, 1).frame(["a", "bc"], 0).frame(["def"], 2)
        .frame(["ghij", "klmno", "pqrstu"], 3),
    ]),
    vector("empty_record", "a record without a byte, between two others", [
      new Segment(1, 1).frame(["x", "", "y"], 0),
    ]),
    vector("utf_8", "records of 1, 2, 3 and 4 bytes a character", [
      new Segment(1, 1).frame(["A", "é", "€", "𝄞", "Łódź 東京"], 0),
    ]),
    vector("close_mark", "a clean close: a frame without a record", [
      new Segment(1, 1).frame(["kept"], 0).close(),
    ]),
    vector("zero_tail", "zeros behind the last frame", [
      new Segment(1, 1).frame(["kept"], 0),
    ], { remainder: "zeros", append: new Uint8Array(100) }),
  ];
}

function damagedVectors(): Vector[] {
  const three = () => new Segment(1, 1).frame(["one"], 0).frame(["two"], 1);
  return [
    vector("torn_tail", "the second frame ends too early", [
      three().damage(1, (bytes) => bytes.slice(0, -5)),
    ], { remainder: "bytes", decision: "cut" }),
    vector("survivor", "frame 2 is lost, frame 3 was written unsynced", [
      three().frame(["three"], 1).damage(1, zeroFrame2),
    ], { remainder: "bytes", decision: "cut" }),
    vector("corrupt", "frame 2 is damaged, frame 3 declares it synced", [
      three().frame(["three"], 2).damage(1, flipFrame2),
    ], { remainder: "bytes", decision: "refuse" }),
    vector("corrupt_before_mark", "the last frame is damaged, then a mark", [
      three().close().damage(1, flipFrame2),
    ], { remainder: "bytes", decision: "refuse" }),
  ];
}

function chainVectors(): Vector[] {
  const first = () => new Segment(1, 1).frame(["one", "two"], 0);
  const second = (previous: number) =>
    new Segment(3, 2, previous).frame(["three"], 2);
  const torn = () =>
    first().frame(["lost"], 2).damage(1, (bytes) => bytes.slice(0, -9));
  const closed = first().close();
  const whole = first();
  const zombie = new Segment(4, 1, whole.checksum).frame(["fenced"], 2);
  return [
    vector("two_segments", "the second links to the first's last record", [
      closed,
      second(closed.checksum),
    ]),
    vector("cut_segment", "the second goes on before the first's torn end", [
      torn(),
      second(first().checksum),
    ]),
    vector("truncated", "the first segment was dropped by a checkpoint", [
      second(whole.checksum),
    ]),
    vector("fenced", "a segment of epoch 1 behind one of epoch 2", [
      whole,
      second(whole.checksum),
    ], { fenced: [zombie] }),
  ];
}

/** What a repair leaves. */
function holeVectors(): Vector[] {
  const one = () => new Segment(1, 1).frame(["one"], 0);
  const lost = one().frame(["two", "three"], 1);
  const ended = one().hole(2, lost.checksum);
  const missing = new Segment(2, 1, one().checksum).hole(2, lost.checksum);
  const relinked = one().hole(0, lost.checksum);
  const four = (previous: number) =>
    new Segment(4, 2, previous).frame(["four"], 3);
  const holes: [number, number][] = [[2, 3]];
  return [
    vector("hole", "records 2 and 3 are lost, 4 links to what they were", [
      one().hole(2, lost.checksum).frame(["four"], 3).close(),
    ], { holes }),
    vector("hole_at_end", "the hole reaches to the next segment", [
      ended,
      four(lost.checksum),
    ], { holes }),
    vector("hole_alone", "a segment in the place of one that was missing", [
      one(),
      missing,
      four(lost.checksum),
    ], { holes }),
    vector("hole_of_nothing", "no record is lost, but the chain was broken", [
      relinked.frame(["two"], 1).close(),
    ]),
    vector("segment_at_hole", "the second begins at a hole of nothing", [
      one().hole(0, lost.checksum),
      new Segment(2, 2, one().checksum).frame(["two"], 1),
    ]),
    vector("hole_that_lies", "it does not declare synced what it skips", [
      one().hole(2, lost.checksum, 1),
    ], { remainder: "bytes", decision: "cut" }),
  ];
}

interface Circumstances {
  holes?: Expected["holes"];
  remainder?: Expected["remainder"];
  decision?: Expected["decision"];
  append?: Uint8Array;
  fenced?: Segment[];
}

function vector(
  name: string,
  what: string,
  segments: Segment[],
  circumstances: Circumstances = {},
): Vector {
  const { remainder = "nothing", decision = "accept" } = circumstances;
  const { append, fenced = [], holes = [] } = circumstances;
  const last = segments[segments.length - 1];
  if (append) last.bytes = concat([last.bytes, append]);
  const files = [...segments, ...fenced]
    .map(({ expected, bytes }) => [expected.file, bytes] as const);
  return {
    files: new Map(files),
    expected: {
      vector: name,
      what,
      segments: segments.map(({ expected }) => expected),
      fenced: fenced.map(({ expected }) => expected.file),
      records: segments.flatMap(({ records }) => records),
      holes,
      remainder,
      decision,
    },
  };
}

/** Of 40 bytes, 4 and "one", and a padding byte: each frame takes 48 bytes. */
const FRAME_2 = 64 + 48;

function zeroFrame2(bytes: Uint8Array): Uint8Array {
  return bytes.slice().fill(0, FRAME_2, FRAME_2 + 48);
}

function flipFrame2(bytes: Uint8Array): Uint8Array {
  const flipped = bytes.slice();
  flipped[FRAME_2 + 45] ^= 1;
  return flipped;
}

function write(vectors: Vector[]): void {
  for (const { files, expected } of vectors) {
    const folder = new URL(`./${expected.vector}/`, import.meta.url);
    mkdirSync(folder, { recursive: true });
    for (const [file, bytes] of files) {
      writeFileSync(new URL(file, folder), bytes);
    }
  }
  const all = vectors.map(({ expected }) => expected);
  const path = new URL("./expected.json", import.meta.url);
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
}

if (import.meta.main) write(makeVectors());
