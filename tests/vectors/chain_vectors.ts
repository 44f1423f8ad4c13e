import { Segment } from "./segment.ts";
import { type Vector, vector } from "./vector.ts";

/** Logs of several segments. */
export function chainVectors(): Vector[] {
  const first = () => new Segment(1, 1).frame(["one", "two"], 0);
  const second = (previous: number) =>
    new Segment(3, 2, { previous }).frame(["three"], 2);
  const torn = () =>
    first().frame(["lost"], 2).damage(1, (bytes) => bytes.slice(0, -9));
  const { link } = first();
  const repaired = new Segment(3, 2, { previous: link, revision: 1 })
    .frame(["three"], 2).seal();
  const again = new Segment(3, 2, { previous: link, revision: 10 })
    .frame(["three"], 2).seal();
  const damaged = new Segment(3, 2, { previous: link }).frame(["three"], 2)
    .damage(0, (bytes) => bytes.fill(0, 64));
  return [
    vector("two_segments", "the second links to the first's last record", [
      first().seal(),
      second(link),
    ]),
    vector("cut_segment", "the second goes on before the first's torn end", [
      torn(),
      second(link),
    ]),
    vector("empty_segment", "the last one has no frame yet", [
      first(),
      new Segment(3, 1, { previous: link }),
    ]),
    vector("same_start", "the third begins where the second does", [
      first(),
      new Segment(3, 1, { previous: link }).frame(["lost"], 2),
      second(link),
    ], { manifest: { epoch: 3, firstLsn: 1, baseLsn: 3, durableLsn: 3 } }),
    vector("fenced", "a segment of epoch 1 after one of epoch 2", [
      first(),
      second(link).frame(["four"], 3),
    ], {
      manifest: { epoch: 3, baseLsn: 4, durableLsn: 4 },
      fenced: [new Segment(4, 1, { previous: link }).frame(["fenced"], 2)],
    }),
    vector("repaired", "the highest revision counts", [first(), again], {
      superseded: [damaged, repaired],
    }),
  ];
}
