import fc from "fast-check";
import { crc32 } from "../../../storage/format/crc32.ts";
import {
  encodeFrame,
  encodeHole,
  type Frame,
  FRAME_HEADER_BYTES,
  frameBytes,
  type FrameFault,
  type FrameHeader,
  isSeal,
  KIND,
  lsnsOf,
  MAX_FRAME_BYTES,
  MAX_FRAME_TIME,
  unknownFeature,
} from "../../../storage/format/frame.ts";
import { assert, assertEquals, assertFalse } from "../../kit/assert.ts";
import { frameIn } from "../../kit/decode_bytes.ts";
import { test } from "../../kit/register.ts";

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
    time: 1_700_000_000_000,
    kind: KIND.records,
    ...header,
  });
  return bytes;
}

const sample = () => frameOf(Uint8Array.from([5, 0, 0, 0, 1, 2, 3, 4, 5]));

function faultOf(bytes: Uint8Array): FrameFault["fault"] {
  const frame = frameIn(bytes);
  assert("fault" in frame, "a frame was decoded");
  return frame.fault;
}

test("decodeFrame() gives back what encodeFrame() was given", () => {
  const header = fc.record({
    salt: u32,
    previous: u32,
    firstLsn: lsn,
    syncedLsn: lsn,
    time: fc.oneof(
      fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, MAX_FRAME_TIME),
      fc.maxSafeNat().map((time) => time % 2 ** 48),
    ),
  });
  const payload = fc.uint8Array({ minLength: 4 });
  fc.assert(fc.property(header, payload, (header, payload) => {
    const count = payload.length >> 2;
    const frame = frameIn(frameOf(payload, { ...header, count })) as Frame;
    const { salt, previous, firstLsn, syncedLsn, time } = frame;
    assertEquals({ salt, previous, firstLsn, syncedLsn, time }, { ...header });
    assertEquals([frame.kind, frame.flags], [KIND.records, 0]);
    assertEquals([frame.count, frame.length], [count, payload.length]);
    assertEquals(frame.payload, payload);
  }));
});

test("decodeFrame() gives back a hole, which declares what it skips synced", () => {
  for (const lost of [0, 1, 7, 2 ** 40]) {
    const hole = { resumes: 0xfedcba98, lost };
    const header = { kind: KIND.hole, count: 0, syncedLsn: 41 + lost };
    const frame = frameIn(frameOf(encodeHole(hole), header)) as Frame;
    assertEquals(frame.hole, hole);
    assertEquals(lsnsOf(frame), lost);
  }
});

test("decodeFrame() refuses a hole that skips more than it declares synced", () => {
  const lost = 7;
  const payload = encodeHole({ resumes: 1, lost });
  const kind = { kind: KIND.hole, count: 0 };
  for (const syncedLsn of [0, 41, 41 + lost - 1, 41 + lost + 1, 2 ** 53 - 1]) {
    assertEquals(faultOf(frameOf(payload, { ...kind, syncedLsn })), "records");
  }
  const huge = encodeHole({ resumes: 1, lost: 2 ** 53 - 1 });
  const syncedLsn = 2 ** 53 + 40;
  assertEquals(faultOf(frameOf(huge, { ...kind, syncedLsn })), "records");
});

test("decodeFrame() refuses a hole of any other length", () => {
  for (let length = 0; length < 40; length++) {
    const header = { kind: KIND.hole, count: 0, syncedLsn: 41 };
    const decoded = frameIn(frameOf(new Uint8Array(length), header));
    assertEquals("fault" in decoded, length !== 12, `length ${length}`);
  }
});

test("decodeFrame() finds records in frames of that kind, and in no other", () => {
  for (let kind = 0; kind < 256; kind++) {
    if (kind === KIND.hole) continue;
    for (const count of [0, 1, 3]) {
      const decoded = frameIn(frameOf(new Uint8Array(12), { kind, count }));
      const isKnown = kind <= KIND.hole;
      const isSound = !isKnown || (kind === KIND.records) === (count > 0);
      assertEquals("fault" in decoded, !isSound, `kind ${kind}, ${count}`);
    }
  }
});

test("isSeal() is true of seals only, with and without an index", () => {
  for (let kind = 1; kind < 256; kind++) {
    if (kind === KIND.hole) continue;
    for (const length of [0, 24]) {
      const bytes = frameOf(new Uint8Array(length), { kind, count: 0 });
      const frame = frameIn(bytes) as Frame;
      assertEquals(isSeal(frame), kind === KIND.seal);
      assertEquals(lsnsOf(frame), 0);
    }
  }
});

test("unknownFeature() lets kinds from 128 on and high flags pass", () => {
  const frame = frameIn(sample()) as Frame;
  for (let kind = 0; kind < 256; kind++) {
    for (let flags = 0; flags < 256; flags++) {
      const isFlagged = flags % 16 > (kind === KIND.records ? 1 : 0);
      const isKnown = (kind < 3 || kind > 127) && !isFlagged;
      const unknown = unknownFeature({ ...frame, kind, flags });
      if ((unknown === undefined) === isKnown) continue;
      throw new Error(`kind ${kind}, flags ${flags}: ${unknown}`);
    }
  }
  const flags = unknownFeature({ ...frame, kind: 3, flags: 0x81 });
  assertEquals(flags, "frame flags 0x81");
  assertEquals(unknownFeature({ ...frame, kind: 3 }), "frame kind 3");
});

test("encodeFrame() writes each field where docs/format.md says", () => {
  const bytes = frameOf(new Uint8Array(4), { time: 0x0102_0304_0506, kind: 0 });
  const view = new DataView(bytes.buffer);
  assertEquals(view.getBigUint64(40, true), 0x0000_0102_0304_0506n);
  assertEquals(view.getUint32(8, true), 0x1234abcd);
  assertEquals(view.getUint32(12, true), 0x89abcdef);
  assertEquals(view.getBigUint64(16, true), 42n);
  assertEquals(view.getBigUint64(24, true), 41n);
  assertEquals([32, 36].map((at) => view.getUint32(at, true)), [1, 4]);
  const seal = frameOf(new Uint8Array(), { kind: KIND.seal, count: 0 });
  assertEquals([...seal.subarray(46, 48)], [1, 0]);
});

test("decodeFrame() finds the frame, whatever lies after it", () => {
  const bytes = sample();
  const longer = new Uint8Array(bytes.length + 100).fill(0x55);
  longer.set(bytes);
  const frame = frameIn(longer) as Frame;
  assertEquals(frame.bytes, bytes.length);
  assertEquals(frame.checksum, (frameIn(bytes) as Frame).checksum);
});

test("encodeFrame() fills a frame up with zeros to a multiple of 8", () => {
  for (let length = 0; length <= 16; length++) {
    const bytes = frameOf(new Uint8Array(length).fill(1), { count: 0 });
    assertEquals(bytes.length, frameBytes(length));
    assertEquals([bytes.length % 8, bytes.length < 56 + length], [0, true]);
    assert(bytes.subarray(FRAME_HEADER_BYTES + length).every((at) => at === 0));
  }
});

test("decodeFrame() detects any flipped bit", () => {
  const bytes = sample();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assert("fault" in frameIn(flipped), `bit ${bit}`);
  }
});

test("decodeFrame() detects any changed byte", () => {
  const bytes = sample();
  for (let at = 0; at < bytes.length; at++) {
    for (let value = 0; value < 256; value++) {
      const changed = bytes.slice();
      changed[at] = value;
      assertEquals("fault" in frameIn(changed), value !== bytes[at]);
    }
  }
});

test("decodeFrame() says short, and what it needs, of a frame cut off", () => {
  const bytes = sample();
  for (let end = 1; end < bytes.length; end++) {
    const frame = frameIn(bytes.subarray(0, end)) as FrameFault;
    const needed = end < FRAME_HEADER_BYTES ? FRAME_HEADER_BYTES : bytes.length;
    assertEquals([frame.fault, frame.needed], ["short", needed]);
  }
});

test("decodeFrame() distinguishes the end, zeros, and what is not a frame", () => {
  assertEquals(faultOf(new Uint8Array()), "end");
  assertEquals(faultOf(new Uint8Array(8)), "zeros");
  assertEquals(faultOf(new Uint8Array(4096)), "zeros");
  assertEquals(faultOf(new Uint8Array(64).fill(1)), "magic");
});

test("decodeFrame() bounds the length before it uses it", () => {
  const long = sample();
  const view = new DataView(long.buffer);
  view.setUint32(36, MAX_FRAME_BYTES + 1, true);
  assertEquals(faultOf(long), "length");
  view.setUint32(36, 0xffffffff, true);
  assertEquals(faultOf(long), "length");
});

test("decodeFrame() bounds the count by the length", () => {
  for (const count of [4, 5, 0xffffffff]) {
    const firstLsn = 1;
    const frame = frameOf(new Uint8Array(15), { count, firstLsn });
    assertEquals(faultOf(frame), "records");
  }
});

test("decodeFrame() does not judge what an unknown feature may have changed", () => {
  const flagged = frameOf(new Uint8Array(1), { count: 500 });
  flagged[47] = 2;
  const view = new DataView(flagged.buffer);
  view.setUint32(4, crc32(flagged.subarray(8)), true);
  const decoded = frameIn(flagged);
  assert(!("fault" in decoded));
  assertEquals(unknownFeature(decoded), "frame flags 0x02");
});

test("decodeFrame() refuses LSNs beyond the safe integers", () => {
  const firstLsn = Number.MAX_SAFE_INTEGER;
  const two = { firstLsn, count: 2 };
  assertEquals(faultOf(frameOf(new Uint8Array(8), two)), "length");
  const beyond = { firstLsn: 2 ** 53 };
  assertEquals(faultOf(frameOf(new Uint8Array(4), beyond)), "length");
  assertFalse("fault" in frameIn(frameOf(new Uint8Array(4), { firstLsn })));
});

test("decodeFrame() never throws and believes no random bytes", () => {
  const random = fc.uint8Array({ maxLength: 200 });
  fc.assert(fc.property(random, fc.boolean(), (tail, framed) => {
    const magic = Uint8Array.from([0x53, 0x4c, 0x46, 0x31]);
    const bytes = framed ? Uint8Array.from([...magic, ...tail]) : tail;
    assert("fault" in frameIn(bytes));
  }));
});
