/*
 * Goal: what is handed out of a segment is the log's, to the byte, and never
 * changes. Method: logs whose files hold more than that, and files that change
 * while they are read.
 */
import { openSegments } from "../../../recovery/open_segments.ts";
import type { SealedSegment } from "../../../storage/frame_log.ts";
import type { StorageCall } from "../../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import type { SegmentLog } from "../../../storage/segments/segment_log.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { Wal } from "../../../wal.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

async function open(
  storage: MemoryStorage,
): Promise<{ log: SegmentLog; wal: Wal }> {
  const log = await openSegments(storage, {
    ...{ segmentBytes: 4096, reserveBytes: 0, recovery: "tail" },
    ...{ takeOver: false, time: () => 0, warn() {} },
  });
  return { log, wal: await Wal.open(log, { synchronous: "off" }) };
}

async function append(wal: Wal, count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) await wal.append("".padEnd(1000));
}

function rangesOf(segments: readonly SealedSegment[]): string[] {
  return segments.map(({ firstLsn, lastLsn }) => `${firstLsn}-${lastLsn}`);
}

async function contentOf(segment: SealedSegment): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of segment.read()) pieces.push(piece);
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

test("SegmentLog.sealedSegments() lists all but the one that is written to", async () => {
  const { log, wal } = await open(new MemoryStorage());
  assertEquals(log.sealedSegments(1), []);
  await append(wal, 3);
  assertEquals(log.sealedSegments(1), []);
  await append(wal, 4);
  assertEquals(rangesOf(log.sealedSegments(1)), ["1-3", "4-6"]);
  assertEquals(rangesOf(log.sealedSegments(3)), ["1-3", "4-6"]);
  assertEquals(rangesOf(log.sealedSegments(4)), ["4-6"]);
  assertEquals(rangesOf(log.sealedSegments(7)), []);
  await wal.truncateAfter(4);
  assertEquals(rangesOf(log.sealedSegments(1)), ["1-3", "4-4"]);
  await wal.close();
});

test("a sealed segment ends where its records do, whatever its file holds", async () => {
  const storage = new MemoryStorage();
  const { log, wal } = await open(storage);
  await wal.append("synced", { ack: "disk" });
  await wal.append("declares that", { ack: "os" });
  await wal.append("cut off", { ack: "os" });
  await wal.truncateAfter(2);
  await append(wal, 4);
  const [first, second] = log.sealedSegments(1);
  assertEquals(rangesOf([first, second]), ["1-2", "3-5"]);
  const content = await contentOf(first);
  const file = storage.get(first.name)!;
  assert(content.length < first.bytes, "the file holds no more than that");
  assertEquals(content, file.subarray(0, content.length));
  const whole = await contentOf(second);
  assertEquals(whole, storage.get(second.name));
  await wal.close();

  const died = new MemoryStorage();
  died.put(first.name, content);
  const restored = await Wal.open(died, { recovery: "salvage", warn() {} });
  assertEquals(restored.lastLsn, 2);
  await restored.close();
});

test("SegmentLog.sealedSegments() lists nothing that recovery still has to rewrite", async () => {
  const first = new MemoryStorage();
  await append((await open(first)).wal, 4);
  let isFull = false;
  // There is space for the manifest, and none for a segment.
  const onCall = ({ operation, file }: StorageCall) =>
    isFull && operation === "write" && file.includes(".wal")
      ? { error: "ENOSPC" }
      : undefined;
  const storage = first.kill({ onCall });
  isFull = true;
  const { log, wal } = await open(storage);
  assertEquals(wal.lastLsn, 4);
  assertEquals(rangesOf(log.sealedSegments(1)), ["1-3"]);
  isFull = false;
  await wal.flush();
  await append(wal, 1);
  assertEquals(rangesOf(log.sealedSegments(1)), ["1-3", "4-4"]);
  await wal.close();
});

test("reading a sealed segment fails if its file is reused meanwhile", async () => {
  const storage = new MemoryStorage();
  const { log, wal } = await open(storage);
  await append(wal, 7);
  const reading = log.sealedSegments(1)[0].read();
  assertEquals((await reading.next()).done, false);
  await wal.truncateBefore(7);
  assert(storage.list().some((name) => name.endsWith(".spare")));
  await append(wal, 6);
  await assertRejects(async () => {
    for (let step = await reading.next(); !step.done;) {
      step = await reading.next();
    }
  }, StorageError);
  await wal.close();
});
