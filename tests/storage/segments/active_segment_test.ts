import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { ZerosAhead } from "../../../storage/segments/zeros_ahead.ts";
import { VirtualClock } from "../../../testing/virtual_clock.ts";
import { Wal } from "../../../wal.ts";
import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
} from "../../kit/assert.ts";
import { asyncStorage } from "../../kit/async_storage.ts";
import { withoutZeros } from "../../kit/changed_storage.ts";
import { FullStorage } from "../../kit/full_storage.ts";
import { test } from "../../kit/register.ts";

const KIB = 1024;
const MOST_BYTES = 1536 * KIB;
const MOST_BYTES_OF_LARGE = 768 * KIB;
const SEGMENT = "0000000000000001-00000001.wal";

test("ZerosAhead.after() is as many bytes as the log has written, within its bounds", () => {
  const zeros = new ZerosAhead();
  assertEquals(zeros.after(100, Infinity), 0);
  zeros.count(100);
  assertEquals(zeros.after(100, Infinity), 0);
  zeros.count(100);
  assertEquals(zeros.after(100, Infinity), 200);
  assertEquals(zeros.after(100, 200), 200);
  assertEquals(zeros.after(100, 199), 0);
  zeros.count(10 * MOST_BYTES);
  for (
    const [frame, expected] of [
      [100, MOST_BYTES - 100],
      [16 * KIB, MOST_BYTES - 16 * KIB],
      [16 * KIB + 8, MOST_BYTES_OF_LARGE - 16 * KIB - 8],
      [256 * KIB, 512 * KIB],
      [256 * KIB + 8, 0],
      [2 * MOST_BYTES, 0],
    ]
  ) assertEquals(zeros.after(frame, Infinity), expected);
});

test("ZerosAhead.stage() lays out a frame and only zeros, whatever was staged before", () => {
  const zeros = new ZerosAhead();
  for (
    const [frame, behind] of [[8, 16], [16, 8], [8, 16], [40, 80], [8, 112]]
  ) {
    const expected = new Uint8Array(frame + behind).fill(7, 0, frame);
    const bytes = expected.slice(0, frame);
    assertEquals(zeros.stage(bytes, behind), expected);
  }
});

/** Each write to a segment: where it began, its bytes, and how far they went. */
function watched() {
  const writes: { offset: number; bytes: number }[] = [];
  const storage = new MemoryStorage({
    onCall({ operation, file, offset, bytes }) {
      const isFrame = operation === "write" && file.endsWith(".wal");
      if (isFrame) writes.push({ offset, bytes });
    },
  });
  return { storage, writes };
}

test("a log brings zeros only where a frame goes beyond the file, and few in all", async () => {
  const { storage, writes } = watched();
  const clock = new VirtualClock();
  const wal = await Wal.open(storage, { clock });
  let [end, longer] = [64, 0];
  for (let count = 0; count < 5000; count++) {
    await clock.run(wal.append(new Uint8Array(100)));
    const { offset, bytes } = writes.at(-1)!;
    if (offset + 152 <= end) assertEquals(bytes, 152);
    else longer++;
    end = Math.max(end, offset + bytes);
    // At most half of the file is zeros.
    assertLessOrEqual(end, 64 + 2 * 152 * (count + 2));
  }
  assertEquals(writes.length, 5000);
  assertEquals(storage.get(SEGMENT)!.length, end);
  assertLessOrEqual(longer, 16);
  await clock.run(wal.close());
  // The seal brings none, and a close cuts off what is left.
  const seal = writes.at(-1)!;
  assertEquals(seal.offset, 64 + 5000 * 152);
  assertLessOrEqual(seal.bytes, 1024);
  assertEquals(storage.get(SEGMENT)!.length, seal.offset + seal.bytes);
});

test("a log's files never exceed segmentBytes by zeros, and lose them at their end", async () => {
  const { storage, writes } = watched();
  const clock = new VirtualClock();
  const segmentBytes = 30 * KIB;
  const wal = await Wal.open(storage, { clock, segmentBytes });
  for (let count = 0; count < 400; count++) {
    await clock.run(wal.append(new Uint8Array(1000 + count)));
    const { offset, bytes } = writes.at(-1)!;
    assertLessOrEqual(offset + bytes, segmentBytes);
  }
  const names = storage.list().filter((name) => name.endsWith(".wal"));
  assert(names.length > 12);
  for (const name of names.slice(0, -1)) {
    const bytes = storage.get(name)!;
    // A seal without an index is a header with its kind and no payload.
    assertEquals(bytes[bytes.length - 48 + 46], 1);
  }
  await clock.run(wal.close());
});

test("a log brings no zeros where overwriting is not preferred", async () => {
  const { storage, writes } = watched();
  const clock = new VirtualClock();
  const wal = await Wal.open(withoutZeros(storage), { clock });
  for (let count = 0; count < 20; count++) {
    await clock.run(wal.append(new Uint8Array(100)));
  }
  assert(writes.every(({ bytes }) => bytes === 152));
  await clock.run(wal.close());
});

for (const isAsync of [false, true]) {
  const kind = isAsync ? "asynchronous" : "synchronous";
  test(`a log writes the frame alone if there is no space for its zeros, on ${kind} storage`, async () => {
    const full = new FullStorage();
    const storage = isAsync ? asyncStorage(full.storage) : full.storage;
    const wal = await Wal.open(storage, { segmentBytes: 16 * KIB });
    const appendSome = async (count: number) => {
      for (; count > 0; count--) await wal.append(new Uint8Array(100));
    };
    const room = () => {
      const bytes = full.storage.get(SEGMENT)!;
      return bytes.length - (bytes.findLastIndex((byte) => byte > 0) + 1);
    };
    await appendSome(7);
    // Fills the zeros that are there; each further frame has room, but alone.
    while (room() >= 152) await appendSome(1);
    for (let count = 0; count < 5; count++) {
      full.capacity = full.used + 152;
      await appendSome(1);
    }
    await assertRejects(() => wal.append(new Uint8Array(100)), Error, "space");
    full.capacity = Infinity;
    // The next segment brings zeros again.
    await appendSome(150);
    const last = full.storage.list().filter((name) => name.endsWith(".wal"));
    assert(last.length > 1);
    await wal.close();
    const reopened = await Wal.open(full.storage);
    const lsns: number[] = [];
    for await (const { lsn } of reopened.read()) lsns.push(lsn);
    assertEquals(lsns, lsns.map((_, index) => index + 1));
    assert(lsns.length > 160);
    await reopened.close();
  });
}

test("a log whose frame and zeros are cut short by a kill keeps what was acknowledged", async () => {
  const { storage, writes } = watched();
  const wal = await Wal.open(storage, { segmentBytes: 16 * KIB });
  let acked = 0;
  const isLonger = () => writes.at(-1)!.bytes > 152;
  do await wal.append(new Uint8Array(100).fill(++acked)); while (
    acked < 12 || !isLonger()
  );
  const { bytes } = writes.at(-1)!;
  // All at once: the log falls idle soon, and writes a mark then.
  const cuts = Array.from({ length: bytes / 8 + 1 }, (_, index) => {
    const cut = 8 * index;
    return {
      cut,
      killed: storage.kill({ cut: { file: SEGMENT, bytes: cut } }),
    };
  });
  for (const { cut, killed } of cuts) {
    const survivor = await Wal.open(killed);
    const last = await survivor.flush();
    assertEquals(last, cut > bytes - 152 ? acked - 1 : acked);
    assertEquals(await survivor.append("next"), last + 1);
    await survivor.close();
  }
  await wal.close();
});
