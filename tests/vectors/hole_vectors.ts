import { Segment } from "./segment.ts";
import { type Vector, vector } from "./vector.ts";

/** What a repair leaves. */
export function holeVectors(): Vector[] {
  const one = () => new Segment(1, 1).frame(["one"], 0);
  const { link } = one().frame(["two", "three"], 1);
  const four = (previous: number) =>
    new Segment(4, 2, { previous }).frame(["four"], 3);
  const holes: [number, number][] = [[2, 3]];
  return [
    vector("hole", "records 2 and 3 are lost, 4 links to what they were", [
      one().hole(2, link).frame(["four"], 3).seal(),
    ], { holes }),
    vector("hole_at_end", "the hole reaches to the next segment", [
      one().hole(2, link),
      four(link),
    ], { holes }),
    vector("hole_alone", "a segment in the place of one that was missing", [
      one(),
      new Segment(2, 1, { previous: one().link }).hole(2, link),
      four(link),
    ], { holes }),
    vector("hole_last", "the lost records are the log's last", [
      one().hole(2, link).seal(),
    ], { holes }),
    vector("hole_of_nothing", "no record is lost, but the chain was broken", [
      one().hole(0, link).frame(["two"], 1).seal(),
    ]),
    vector("segment_at_hole", "the second begins at a hole of nothing", [
      one().hole(0, link).expect(1),
      new Segment(2, 2, { previous: one().link }).frame(["two"], 1),
    ]),
    vector("hole_that_lies", "it does not declare synced what it skips", [
      one().hole(2, link, 1),
    ], { torn: true }),
  ];
}
