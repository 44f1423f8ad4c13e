import fc from "fast-check";
import {
  encodeHole,
  FRAME_HEADER_BYTES,
  KIND,
  makeFrame,
} from "../../../storage/format/frame.ts";
import { FrameHops, HOP_BYTES } from "../../../storage/format/frame_hops.ts";
import {
  advance,
  type ChainEnd,
  follows,
} from "../../../storage/segments/segment_cursor.ts";
import { assertEquals } from "../../kit/assert.ts";
import { frame, index, segmentOf } from "../../kit/drawn_segment.ts";
import { frameIn } from "../../kit/decode_bytes.ts";
import { test } from "../../kit/register.ts";

const SALT = 7;

/** Zeros follow the last frame, so that a hop can look at it. */
function viewOf(bytes: Uint8Array): DataView {
  const padded = new Uint8Array(bytes.length + HOP_BYTES);
  padded.set(bytes);
  return new DataView(padded.buffer);
}

test("FrameHops passes the frames that a verified chain has", () => {
  const frames = fc.array(frame, { maxLength: 24 });
  fc.assert(fc.property(frames, index, (frames, index) => {
    const { bytes } = segmentOf(frames, index);
    const view = viewOf(bytes);
    const chain: ChainEnd = { salt: SALT, previous: 0, nextLsn: 1, link: 0 };
    const hops = new FrameHops({ salt: SALT, nextLsn: 1, previous: 0 });
    for (let at = 64;;) {
      const found = frameIn(bytes.subarray(at));
      const passed = hops.pass(view, at);
      if ("fault" in found || !follows(found, chain, Infinity)) {
        return assertEquals(passed, 0);
      }
      advance(chain, found);
      assertEquals(passed, found.bytes);
      assertEquals(hops.kind, found.kind);
      assertEquals(hops.firstLsn, found.firstLsn);
      assertEquals(hops.nextLsn, chain.nextLsn);
      at += passed;
    }
  }));
});

const HEADER = {
  ...{ salt: SALT, previous: 9, firstLsn: 5, syncedLsn: 4 },
  ...{ count: 1, time: 0, kind: KIND.records as number },
};
const record = Uint8Array.of(1, 0, 0, 0, 42);

function hop(
  changed: Partial<typeof HEADER>,
  payload: Uint8Array = record,
  previous: number | undefined = 9,
): number {
  const { bytes } = makeFrame(payload, { ...HEADER, ...changed });
  const hops = new FrameHops({ salt: SALT, nextLsn: 5, previous });
  return hops.pass(viewOf(bytes), 0);
}

test("FrameHops.pass() refuses another salt, LSN or link", () => {
  assertEquals(hop({}), 56);
  assertEquals(hop({ salt: SALT + 1 }), 0);
  assertEquals(hop({ firstLsn: 6 }), 0);
  assertEquals(hop({ firstLsn: 5 + 2 ** 40 }), 0);
  assertEquals(hop({ previous: 8 }), 0);
});

test("FrameHops.pass() takes any link at first, if none is known", () => {
  const { bytes } = makeFrame(record, { ...HEADER, previous: 123 });
  const hops = new FrameHops({ salt: SALT, nextLsn: 5 });
  assertEquals(hops.pass(viewOf(bytes), 0), 56);
});

test("FrameHops.pass() refuses what cannot be a frame", () => {
  assertEquals(hop({ count: 0 }), 0);
  assertEquals(hop({ count: 2 }), 0);
  assertEquals(hop({ kind: 3 }), 0);
  const { bytes } = makeFrame(record, HEADER);
  for (const [at, value] of [[0, 0], [39, 255], [47, 1]]) {
    const changed = bytes.slice();
    changed[at] = value;
    const hops = new FrameHops({ salt: SALT, nextLsn: 5, previous: 9 });
    assertEquals(hops.pass(viewOf(changed), 0), 0, `${at}`);
  }
});

test("FrameHops.pass() takes a hole only if its count is there twice", () => {
  const hole = (lost: number, syncedLsn: number) =>
    hop(
      { kind: KIND.hole, count: 0, syncedLsn },
      encodeHole({ resumes: 1, lost }),
    );
  assertEquals(hole(3, 7), FRAME_HEADER_BYTES + 16);
  assertEquals(hole(3, 6), 0);
  assertEquals(hop({ kind: KIND.hole, count: 0, syncedLsn: 4 }, record), 0);
});
