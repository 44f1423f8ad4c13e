import { Segment } from "./segment.ts";
import { type Vector, vector } from "./vector.ts";

/** Logs of one segment with nothing wrong. */
export function soundVectors(): Vector[] {
  const kept = () => new Segment(1, 1).frame(["kept"], 0);
  return [
    vector("new_log", "a manifest and no segment", []),
    vector("one_record", "one frame with one record", [
      new Segment(1, 1).frame(["first"], 0),
    ]),
    vector("worked_example", "the one of docs/format.md", [
      new Segment(1, 1).frame(["one"], 0).frame(["two"], 1).seal(),
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
    vector("seal", "a seal without an index", [kept().seal()]),
    vector("seal_with_index", "a seal whose index has two entries", [
      withIndex(),
    ]),
    vector("lying_index", "an index that leads nowhere is only a hint", [
      kept().frame(["two"], 1).seal([
        { lsn: 1, offset: 72 },
        { lsn: 2, offset: 2 ** 50 },
        { lsn: 9, offset: 64 },
      ]),
    ]),
    vector("zero_tail", "zeros after the last frame", [
      kept().append(new Uint8Array(100)),
    ]),
    vector("other_files", "files that hold nothing, or are not the log's", [
      kept(),
    ], { files: otherFiles() }),
  ];
}

function withIndex(): Segment {
  const segment = new Segment(1, 1).frame(["one"], 0);
  const entries = [{ lsn: 2, offset: segment.offset }];
  segment.frame(["two", "three"], 1);
  entries.push({ lsn: 4, offset: segment.offset });
  return segment.frame(["four"], 3).seal(entries);
}

function otherFiles(): Record<string, Uint8Array> {
  const bytes = new TextEncoder().encode("not a part of the log");
  const names = [
    "0000000000000001-00000001.wal.broken",
    "0000000000000001-00000001.1.wal.broken.2",
    "0000000000000002-00000001.wal.tmp",
    "00000000-00000001.spare",
    "00000001.lock",
    "00000001.manifest.broken",
    "00000002.manifest.tmp",
    "notes.txt",
    "space.reserve",
    "user-snapshot-1",
  ];
  return Object.fromEntries(
    names.map((name) => [
      name,
      name.endsWith(".lock") ? new Uint8Array() : bytes,
    ]),
  );
}
