import { encodeManifest } from "../../storage/format/manifest.ts";
import { LOG, Segment } from "./segment.ts";
import { manifestOf, type Vector, vector } from "./vector.ts";

/** Logs with a torn end, or with damage that no crash explains. */
export function damagedVectors(): Vector[] {
  return [...endVectors(), ...headVectors()];
}

function endVectors(): Vector[] {
  const three = () => new Segment(1, 1).frame(["one"], 0).frame(["two"], 1);
  const torn = true;
  const refusal = "damage";
  return [
    vector("torn_tail", "the second frame ends too early", [
      three().damage(1, (bytes) => bytes.slice(0, -5)),
    ], { torn }),
    vector("torn_seal", "the seal is damaged, which loses no record", [
      three().seal().damage(2, (bytes) => flip(bytes, FRAME_3 + 9)),
    ], { torn }),
    vector("survivor", "frame 2 is lost, frame 3 was written unsynced", [
      three().frame(["three"], 1).damage(1, zeroFrame2),
    ], { torn }),
    vector("corrupt", "frame 2 is damaged, frame 3 declares it synced", [
      three().frame(["three"], 2).damage(1, flipFrame2),
    ], { refusal }),
    vector("corrupt_before_seal", "the last frame is damaged, then a seal", [
      three().seal().damage(1, flipFrame2),
    ], { refusal }),
  ];
}

function headVectors(): Vector[] {
  const one = () => new Segment(1, 1).frame(["one"], 0);
  const refusal = "damage";
  const log = LOG.replace("00", "ff");
  const whole = encodeManifest(manifestOf([one()], {}));
  return [
    vector("flipped_version", "a bit of the version flipped: damage", [
      one().damage(0, (bytes) => flip(bytes, 8)),
    ], { refusal }),
    vector("flipped_manifest_version", "the same in the manifest", [one()], {
      refusal,
      files: { "00000001.manifest": flip(whole, 8) },
    }),
    vector("short_manifest", "a manifest that ends too early", [one()], {
      refusal,
      files: { "00000001.manifest": whole.slice(0, 127) },
    }),
    vector("foreign_log", "a segment of another log", [
      new Segment(1, 1, { log }).frame(["theirs"], 0),
    ], { refusal }),
    vector("misnamed_segment", "a segment under the name of another", [], {
      refusal,
      files: { "0000000000000001-00000001.wal": new Segment(2, 1).bytes },
    }),
    vector("misnamed_manifest", "a manifest under the name of another", [
      new Segment(1, 2).frame(["one"], 0),
    ], { refusal, files: { "00000002.manifest": whole } }),
  ];
}

/** Of 48 bytes, 4 and "one", and a padding byte: each frame takes 56 bytes. */
const FRAME_2 = 64 + 56;
const FRAME_3 = FRAME_2 + 56;

function zeroFrame2(bytes: Uint8Array): Uint8Array {
  return bytes.slice().fill(0, FRAME_2, FRAME_3);
}

function flipFrame2(bytes: Uint8Array): Uint8Array {
  return flip(bytes, FRAME_2 + 53);
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[at] ^= 1;
  return flipped;
}
