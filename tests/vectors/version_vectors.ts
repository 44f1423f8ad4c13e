import { Segment } from "./segment.ts";
import { changedManifest, manifestOf, type Vector, vector } from "./vector.ts";

/** Logs that a later version may write. */
export function versionVectors(): Vector[] {
  return [...toleratedVectors(), ...refusedVectors()];
}

function toleratedVectors(): Vector[] {
  const one = () => new Segment(1, 1).frame(["one"], 0);
  const bytes = new TextEncoder().encode("a later version knows what");
  return [
    vector("skipped_kind", "frames of unknown kinds that may be skipped", [
      one().other(128).other(255, bytes).frame(["two"], 1).seal(),
    ]),
    vector("ignored_frame_flags", "frame flags that may be ignored", [
      one().frame(["two"], 1, 0xf0),
    ]),
    vector("ignored_segment_flags", "segment flags that may be ignored", [
      one().header(12, 0xffff0000),
    ]),
    vector("ignored_manifest_flags", "manifest flags that may be ignored", [
      one(),
    ], { files: changedManifest(manifestOf([one()], {}), 12, 0xffff0000) }),
  ];
}

function refusedVectors(): Vector[] {
  const one = () => new Segment(1, 1).frame(["one"], 0);
  const refusal = "version";
  const manifest = manifestOf([one()], {});
  return [
    vector("unknown_kind", "a frame of a kind that has to be known", [
      one().other(3).frame(["two"], 1),
    ], { refusal }),
    vector("highest_unknown_kind", "the last kind that has to be known", [
      one().other(127),
    ], { refusal }),
    vector("unknown_frame_flags", "a frame flag that has to be known", [
      one().frame(["two"], 1, 0x08),
    ], { refusal }),
    vector("unknown_segment_flags", "a segment flag that has to be known", [
      one().header(12, 0x8000),
    ], { refusal }),
    vector("unknown_manifest_flags", "a manifest flag that has to be known", [
      one(),
    ], { refusal, files: changedManifest(manifest, 12, 1) }),
    vector("segment_version_2", "a segment of another version", [
      one().header(8, 2),
    ], { refusal }),
    vector("manifest_version_2", "a manifest of another version", [
      one(),
    ], { refusal, files: changedManifest(manifest, 8, 2) }),
  ];
}
