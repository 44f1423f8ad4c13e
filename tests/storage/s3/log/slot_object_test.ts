/**
 * Goal: objects and keys are read as they were written, and no damage is missed.
 *
 * @module
 */
import {
  claimKey,
  compactedKey,
  cursorKey,
  parseCompactedKey,
  parseCursorKey,
  parseSlotKey,
  slotKey,
} from "../../../../storage/s3/log/slot_keys.ts";
import {
  decodeIdentity,
  encodeIdentity,
} from "../../../../storage/s3/log/log_identity.ts";
import {
  decodeSlot,
  decodeSlotHeader,
  encodeFence,
  encodeMetaEntry,
  encodeSlot,
  FENCE_BYTES,
  SLOT_HEADER_BYTES,
  SLOT_KIND,
  SlotContent,
  type SlotDraft,
} from "../../../../storage/s3/log/slot_object.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

const log = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const meta = { version: 3, bytes: Uint8Array.of(7, 8) };

/** Numbers that need all of their bytes. */
const draft: SlotDraft = {
  ...{ kind: SLOT_KIND.frame, epoch: 2 ** 40 + 1, slot: 2 ** 41 + 2 },
  ...{ time: 2 ** 47 + 3, firstLsn: 2 ** 42 + 4, count: 2, firstSlot: 0 },
  metaVersion: 3,
  settled: {
    ...{ slot: 2 ** 43 + 5, lastLsn: 2 ** 44 + 6, firstLsn: 2 ** 45 + 7 },
    ...{ firstSlot: 2 ** 46 + 8, time: 2 ** 46 + 9, metaSlot: 2 ** 48 + 10 },
    metaVersion: 2 ** 49 + 11,
  },
};

const entries = Uint8Array.of(
  ...[1, 0, 0, 0, 65, 0, 0, 0, 0],
  ...encodeMetaEntry(meta),
);

test("decodeSlot() reads what encodeSlot() has written", () => {
  const bytes = encodeSlot(log, draft, entries);
  const object = decodeSlot(bytes, log, draft.slot);
  assert(object instanceof SlotContent);
  const { length, checksum: _, ...header } = object.header;
  assertEquals(header, draft);
  assertEquals(length, entries.length);
  assertEquals([...object.records], [Uint8Array.of(65), new Uint8Array()]);
  assertEquals(object.meta, meta);
  const head = bytes.subarray(0, SLOT_HEADER_BYTES);
  const { slot } = draft;
  assertEquals(decodeSlotHeader(head, log, slot, bytes.length), object.header);
});

test("a fence is the only object of its size", () => {
  const fence = { epoch: 3, slot: 9, time: 2 ** 47 + 3 };
  const bytes = encodeFence(log, fence);
  assertEquals(bytes.length, FENCE_BYTES);
  const kind = SLOT_KIND.fence;
  assertEquals(decodeSlot(bytes, log, 9), { ...fence, kind });
  const least = encodeSlot(
    log,
    { ...draft, kind: SLOT_KIND.mark, count: 0, metaVersion: 0 },
    new Uint8Array(),
  );
  assert(least.length > FENCE_BYTES);
});

test("decodeSlot() refuses every change of a bit, every other length, log and slot", () => {
  const fence = encodeFence(log, { epoch: 3, slot: draft.slot, time: 4 });
  for (const bytes of [encodeSlot(log, draft, entries), fence]) {
    const isRefused = (changed: Uint8Array, id = log, slot = draft.slot) =>
      "fault" in decodeSlot(changed, id, slot);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] ^= 1 << (bit & 7);
      assert(isRefused(changed), `bit ${bit}`);
    }
    for (let length = 0; length < bytes.length; length++) {
      assert(isRefused(bytes.subarray(0, length)), `${length} bytes`);
    }
    assert(isRefused(Uint8Array.of(...bytes, 0)));
    assert(isRefused(bytes, new Uint8Array(16)));
    assert(isRefused(bytes, log, draft.slot + 1));
    assert(!isRefused(bytes));
  }
});

test("keys sort as their numbers do, and are read as they were written", () => {
  const numbers = [1, 9, 10, 1000, 2 ** 32, Number.MAX_SAFE_INTEGER];
  const keys = numbers.map(slotKey);
  assertEquals(keys.toSorted(), keys);
  assertEquals(keys.map(parseSlotKey), numbers);
  assertEquals(parseSlotKey(claimKey(1)), undefined);
  assertEquals(parseSlotKey("b/1"), undefined);
  assertEquals(parseSlotKey(`b/${"9".repeat(16)}`), undefined);
  const range = { firstSlot: 2, lastSlot: 30, firstLsn: 4, lastLsn: 500 };
  assertEquals(parseCompactedKey(compactedKey(range)), range);
  assertEquals(parseCompactedKey(`${compactedKey(range)}-1`), undefined);
  const commit = { name: "mailer", sequence: 12 };
  assertEquals(parseCursorKey(cursorKey("mailer", 12)), commit);
  assertEquals(parseCursorKey(`${cursorKey("mailer", 12)}/x`), undefined);
});

test("decodeIdentity() reads what encodeIdentity() has written, and refuses the rest", () => {
  const identity = { id: log, window: 4, firstLsn: 7 };
  assertEquals(decodeIdentity(encodeIdentity(identity)), identity);
  const { format } = JSON.parse(
    new TextDecoder().decode(encodeIdentity(identity)),
  );
  const id = "00".repeat(16);
  const refused = [
    ...["", "{}", "null", "x"].map((text) => new TextEncoder().encode(text)),
    ...[
      { format: `${format}0`, id, window: 4, firstLsn: 1 },
      { format, id: "00", window: 4, firstLsn: 1 },
      { format, id, window: 65, firstLsn: 1 },
      { format, id, window: 4, firstLsn: 0 },
    ].map((value) => new TextEncoder().encode(JSON.stringify(value))),
  ];
  for (const bytes of refused) {
    assertEquals(typeof decodeIdentity(bytes), "string");
  }
});
