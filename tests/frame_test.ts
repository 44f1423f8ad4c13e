import fc from "fast-check";
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  FRAME_HEADER_BYTES,
  frameBytes,
  type FrameFault,
  type FrameHeader,
  lsnsOf,
  MAX_FRAME_BYTES,
} from "../storage/format/frame.ts";
import { encodeHole } from "../storage/format/hole.ts";
import { assert, assertEquals, assertFalse } from "./support/assert.ts";
import { test } from "./support/register.ts";

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const lsn = fc.integer({ min: 0, max: 2 ** 52 });

/** An encoded frame with `payload`, in a buffer that held other bytes. */
function frameOf(
  payload: Uint8Array,
  header: Partial<FrameHeader> = {},
): Uint8Array {
  const bytes = new Uint8Array(frameBytes(payload.length)).fill(0xee);
  bytes.set(payload, FRAME_HEADER_BYTES);
  encodeFrame(bytes, {
    salt: 0x1234abcd,
    previous: 0x89abcdef,
    firstLsn: 42,
    syncedLsn: 41,
    count: 1,
    length: payload.length,
    ...header,
  });
  return bytes;
}

const sample = () => frameOf(Uint8Array.from([5, 0, 0, 0, 1, 2, 3, 4, 5]));

function faultOf(bytes: Uint8Array): FrameFault["fault"] {
  const frame = decodeFrame(bytes);
  assert("fault" in frame, "a frame was decoded");
  return frame.fault;
}

test("decodeFrame() gives back what encodeFrame() was given", () => {
  const header = fc.record({
    salt: u32,
    previous: u32,
    firstLsn: lsn,
    syncedLsn: lsn,
  });
  const payload = fc.uint8Array({ minLength: 4 });
  fc.assert(fc.property(header, payload, (header, payload) => {
    const count = payload.length >> 2;
    const frame = decodeFrame(frameOf(payload, { ...header, count })) as Frame;
    const { salt, previous, firstLsn, syncedLsn } = frame;
    assertEquals({ salt, previous, firstLsn, syncedLsn }, { ...header });
    assertEquals([frame.count, frame.length], [count, payload.length]);
    assertEquals(frame.payload, payload);
  }));
});

test("decodeFrame() gives back a hole, which declares what it skips synced", () => {
  for (const lost of [0, 1, 7, 2 ** 40]) {
    const hole = { resumes: 0xfedcba98, lost };
    const header = { count: 0, syncedLsn: 41 + lost };
    const frame = decodeFrame(frameOf(encodeHole(hole), header)) as Frame;
    assertEquals(frame.hole, hole);
    assertEquals(lsnsOf(frame), lost);
  }
});

test("decodeFrame() refuses a hole that skips more than it declares synced", () => {
  const lost = 7;
  const payload = encodeHole({ resumes: 1, lost });
  const count = 0;
  for (const syncedLsn of [0, 41, 41 + lost - 1, 41 + lost + 1, 2 ** 53 - 1]) {
    assertEquals(faultOf(frameOf(payload, { count, syncedLsn })), "records");
  }
  const huge = encodeHole({ resumes: 1, lost: 2 ** 53 - 1 });
  const syncedLsn = 2 ** 53 + 40;
  assertEquals(faultOf(frameOf(huge, { count, syncedLsn })), "records");
});

test("decodeFrame() knows no frame without a record but marks and holes", () => {
  for (let length = 0; length < 40; length++) {
    const decoded = decodeFrame(frameOf(new Uint8Array(length), { count: 0 }));
    const isKnown = length === 0 || length === 12;
    assertEquals("fault" in decoded, !isKnown, `length ${length}`);
  }
});

test("decodeFrame() finds the frame in what lies behind it", () => {
  const bytes = sample();
  const longer = new Uint8Array(bytes.length + 100).fill(0x55);
  longer.set(bytes);
  const frame = decodeFrame(longer) as Frame;
  assertEquals(frame.bytes, bytes.length);
  assertEquals(frame.checksum, (decodeFrame(bytes) as Frame).checksum);
});

test("encodeFrame() fills a frame up with zeros to a multiple of 8", () => {
  for (let length = 0; length <= 16; length++) {
    const bytes = frameOf(new Uint8Array(length).fill(1), { count: 0 });
    assertEquals(bytes.length, frameBytes(length));
    assertEquals([bytes.length % 8, bytes.length < 48 + length], [0, true]);
    assert(bytes.subarray(FRAME_HEADER_BYTES + length).every((at) => at === 0));
  }
});

test("decodeFrame() detects any flipped bit", () => {
  const bytes = sample();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assert("fault" in decodeFrame(flipped), `bit ${bit}`);
  }
});

test("decodeFrame() detects any changed byte", () => {
  const bytes = sample();
  for (let at = 0; at < bytes.length; at++) {
    for (let value = 0; value < 256; value++) {
      const changed = bytes.slice();
      changed[at] = value;
      assertEquals("fault" in decodeFrame(changed), value !== bytes[at]);
    }
  }
});

test("decodeFrame() says short, and what it needs, of a frame cut off", () => {
  const bytes = sample();
  for (let end = 1; end < bytes.length; end++) {
    const frame = decodeFrame(bytes.subarray(0, end)) as FrameFault;
    const needed = end < FRAME_HEADER_BYTES ? FRAME_HEADER_BYTES : bytes.length;
    assertEquals([frame.fault, frame.needed], ["short", needed]);
  }
});

test("decodeFrame() tells the end, zeros, and what is no frame", () => {
  assertEquals(faultOf(new Uint8Array()), "end");
  assertEquals(faultOf(new Uint8Array(8)), "zeros");
  assertEquals(faultOf(new Uint8Array(4096)), "zeros");
  assertEquals(faultOf(new Uint8Array(64).fill(1)), "magic");
});

test("decodeFrame() bounds length and count before it uses them", () => {
  const long = sample();
  const view = new DataView(long.buffer);
  view.setUint32(36, MAX_FRAME_BYTES + 1, true);
  assertEquals(faultOf(long), "length");
  view.setUint32(36, 0xffffffff, true);
  assertEquals(faultOf(long), "length");
  const many = sample();
  new DataView(many.buffer).setUint32(32, 0xffffffff, true);
  assertEquals(faultOf(many), "length");
});

test("decodeFrame() refuses LSNs beyond the safe integers", () => {
  const firstLsn = Number.MAX_SAFE_INTEGER;
  assertEquals(faultOf(frameOf(new Uint8Array(4), { firstLsn })), "length");
  const last = { firstLsn: firstLsn - 1 };
  assertFalse("fault" in decodeFrame(frameOf(new Uint8Array(4), last)));
});

test("decodeFrame() never throws and believes no random bytes", () => {
  const random = fc.uint8Array({ maxLength: 200 });
  fc.assert(fc.property(random, fc.boolean(), (tail, framed) => {
    const magic = Uint8Array.from([0x53, 0x4c, 0x46, 0x31]);
    const bytes = framed ? Uint8Array.from([...magic, ...tail]) : tail;
    assert("fault" in decodeFrame(bytes));
  }));
});
