import { encodeMeta } from "../../storage/format/log_meta.ts";
import { Segment } from "./segment.ts";
import { changedManifest, manifestOf, type Vector, vector } from "./vector.ts";

/** Logs with metadata, marks and cuts. */
export function metaVectors(): Vector[] {
  const text = (content: string) => new TextEncoder().encode(content);
  const old = { version: 4, bytes: text("old") };
  const recent = { version: 5, bytes: text("new") };
  const one = () => new Segment(1, 1).frame(["one"], 0);
  const withMeta = () =>
    one().frameWithMeta(["two", "three"], 1, encodeMeta(recent));
  const split = new Segment(1, 1).frame(["one"], 0)
    .frame(["two", "three"], 1);
  const later = new Segment(4, 1, { previous: split.link }).frame(["four"], 3);
  const cut = new Segment(2, 2, { previous: one().link }).frame(["two"], 1)
    .frame(["instead"], 2);
  const cutManifest = {
    epoch: 2,
    baseLsn: 4,
    durableLsn: 1,
    rewriteLsn: 2,
    cuts: [{ at: 2, lastLsn: 2 }],
  };
  const manifest = manifestOf([one()], { meta: recent });
  return [
    vector("meta_in_frame", "metadata after the records of a frame", [
      withMeta().seal(),
    ], { manifest: { meta: old }, meta: recent.bytes }),
    vector("meta_in_manifest", "newer metadata in the manifest", [
      one().frameWithMeta(["two"], 1, encodeMeta(old)),
    ], { manifest: { meta: recent }, meta: recent.bytes }),
    vector("meta_empty_log", "metadata of a log without records", [], {
      manifest: { meta: recent },
      meta: recent.bytes,
    }),
    vector("meta_damaged", "metadata whose checksum is wrong", [one()], {
      refusal: "damage",
      files: changedManifest(manifest, 104, 5),
    }),
    vector("meta_too_long", "more metadata than a log may have", [one()], {
      refusal: "damage",
      files: changedManifest(manifest, 92, 4097),
    }),
    vector("mark", "a mark, and a record after it", [
      one().other(128).frame(["two"], 1).other(128),
    ]),
    vector("cut", "a cut within a frame, and a record after it", [
      split.expect(1),
      cut,
    ], { manifest: cutManifest, superseded: [later] }),
    vector("cut_announced", "a cut that was announced, and not made", [
      new Segment(1, 1).frame(["one"], 0).frame(["two", "three"], 1),
      later,
    ], { manifest: cutManifest }),
  ];
}
