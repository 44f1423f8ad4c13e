import { encodeManifest } from "../../storage/format/manifest.ts";
import { Segment } from "./segment.ts";
import { manifestOf, type Vector, vector } from "./vector.ts";

/** Logs about which the manifest decides. */
export function manifestVectors(): Vector[] {
  return [
    ...checkpointVectors(),
    ...overtakenVectors(),
    ...rewriteVectors(),
    ...closedVectors(),
    ...missingVectors(),
  ];
}

const first = () => new Segment(1, 1).frame(["one", "two"], 0);
const second = () =>
  new Segment(3, 1, { previous: first().link }).frame(["three"], 2)
    .frame(["four"], 2);

function checkpointVectors(): Vector[] {
  const dropped = { firstLsn: 5, durableLsn: 4 };
  return [
    vector("truncated", "the first segment was dropped by a checkpoint", [
      second(),
    ], { manifest: { durableLsn: 3 } }),
    vector("low_mark", "the low mark lies in a segment, and in a frame", [
      first(),
      second(),
    ], { manifest: { firstLsn: 2, durableLsn: 3 } }),
    vector("low_mark_first", "a crash left a segment below the low mark", [
      second(),
    ], { manifest: { firstLsn: 4, durableLsn: 3 }, superseded: [first()] }),
    vector("emptied", "all records are dropped, and the segments", [], {
      manifest: { epoch: 2, baseLsn: 4, ...dropped },
    }),
    vector(
      "emptied_late",
      "all records are dropped, the segments are left",
      [],
      {
        manifest: { epoch: 2, baseLsn: 4, ...dropped },
        superseded: [first(), second()],
      },
    ),
  ];
}

/** What an owner wrote after it was displaced. */
function overtakenVectors(): Vector[] {
  const { link } = second();
  const manifest = { epoch: 2, baseLsn: 3, durableLsn: 3 };
  const zombie = second().frame(["five"], 4);
  const late = new Segment(6, 1, { previous: zombie.link })
    .frame(["six"], 5);
  const three = new Segment(3, 1, { previous: first().link })
    .frame(["three"], 2);
  const older = encodeManifest(manifestOf([first()], {}));
  return [
    vector("base", "frames after the base were written by a zombie", [
      first(),
      zombie.expect(1),
    ], { manifest }),
    vector("base_and_segment", "a zombie made a segment after the base", [
      first(),
      second().expect(1),
    ], { manifest, fenced: [late] }),
    vector("base_and_witness", "a zombie's frame is no witness", [
      first(),
      second().frame(["five"], 4).damage(1, (bytes) => {
        const damaged = bytes.slice();
        damaged[64 + 64 + 50] ^= 1;
        return damaged;
      }),
    ], { manifest }),
    vector("base_then_segment", "the new owner goes on at the base", [
      first(),
      second().expect(1),
      new Segment(4, 2, { previous: three.link }).frame(["4"], 3),
    ], { manifest, fenced: [new Segment(5, 1, { previous: link })] }),
    vector("older_manifest", "of two manifests the newer counts", [
      first(),
      second().expect(1),
    ], { manifest, files: { "00000001.manifest": older } }),
  ];
}

/** What a recovery rewrote. */
function rewriteVectors(): Vector[] {
  const manifest = { epoch: 2, baseLsn: 4, durableLsn: 2, rewriteLsn: 3 };
  const rewritten = new Segment(3, 2, { previous: first().link })
    .frame(["three"], 2).frame(["four"], 2).seal();
  const four = new Segment(4, 1, {
    previous: new Segment(3, 1, { previous: first().link })
      .frame(["three"], 2).link,
  }).frame(["four"], 3);
  return [
    vector("rewrite_announced", "the rewritten segment is not there yet", [
      first(),
      second(),
    ], { manifest }),
    vector("rewritten", "a segment has taken the place of two", [
      first(),
      rewritten,
    ], {
      manifest,
      superseded: [
        new Segment(3, 1, { previous: first().link }).frame(["three"], 2),
        four,
      ],
    }),
    vector("rewritten_within", "a segment begins within the one before", [
      new Segment(1, 1).frame(["one", "two"], 0).frame(["3"], 0).expect(1),
      new Segment(3, 2, { previous: first().link }).frame(["3"], 0).seal(),
    ], { manifest: { ...manifest, baseLsn: 3 } }),
  ];
}

function closedVectors(): Vector[] {
  const { link } = second();
  const manifest = { closed: true, durableLsn: 4, link };
  const rest = new Uint8Array(60).fill(7);
  const refusal = "damage";
  return [
    vector("closed", "the log was closed cleanly", [
      first().seal(),
      second().seal(),
    ], { manifest }),
    vector("closed_then_bytes", "after a clean close nothing is torn", [
      first().seal(),
      second().seal().append(rest),
    ], { manifest }),
    vector("closed_otherwise", "it was closed with another last frame", [
      first().seal(),
      second().seal(),
    ], { refusal, manifest: { ...manifest, link: link ^ 1 } }),
    vector("closed_then_cut", "the last record is gone since it was closed", [
      first().seal(),
      second().damage(1, (bytes) => bytes.slice(0, -56)),
    ], { refusal, manifest }),
  ];
}

function missingVectors(): Vector[] {
  const refusal = "damage";
  return [
    vector("manifest_missing", "segments without a manifest", [first()], {
      refusal,
      manifest: null,
    }),
    vector("manifest_outdated", "a segment newer than the manifest", [
      new Segment(1, 2).frame(["one"], 0),
    ], { refusal, manifest: { epoch: 1 } }),
    vector("start_missing", "records that were durable have no segment", [
      second(),
    ], { refusal, manifest: { firstLsn: 1, durableLsn: 2 } }),
    vector("end_missing", "the log ends before what was durable", [first()], {
      refusal,
      manifest: { durableLsn: 3 },
    }),
    vector("all_missing", "records were durable, and no segment is left", [], {
      refusal,
      manifest: { baseLsn: 4, durableLsn: 4 },
    }),
  ];
}
