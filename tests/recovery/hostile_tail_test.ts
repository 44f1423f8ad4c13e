/*
 * Goal: no bytes after the end of a log make opening or salvage take more than
 * a few times as long as reading them. Method: headers of frames with the right
 * salt that overlap, each with a length that makes a reader checksum a lot; the
 * bound is checked by counting what they claim, so no time is measured.
 */
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import {
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  frameBytes,
  KIND,
} from "../../storage/format/frame.ts";
import { SEGMENT_HEADER_BYTES } from "../../storage/format/segment_header.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { salvage } from "../kit/check_salvage.ts";
import { decodeLog } from "../kit/independent_decoder.ts";
import { test } from "../kit/register.ts";
import { filesOf } from "../kit/small_log.ts";

const MIB = 1024 * 1024;
const TAIL = 2 * MIB;
const RECORDS = ["one", "two"];

interface HostileLog {
  storage: MemoryStorage;
  name: string;
  /** Where the log ends. */
  end: number;
}

/** A log of two records that ends with headers which claim `claimed` bytes. */
async function hostileLog(claimed: number): Promise<HostileLog> {
  const before = new MemoryStorage();
  const wal = await Wal.open(before);
  for (const record of RECORDS) await wal.append(record);
  const storage = before.kill();
  await wal.close();
  const name = storage.list().find((name) => name.endsWith(".wal"))!;
  const whole = storage.get(name)!;
  const [segment] = decodeLog(filesOf(storage)).segments;
  const last = segment.frames.at(-1)!;
  const end = last.offset + frameBytes(last.length);
  const bytes = new Uint8Array(end + TAIL);
  bytes.set(whole.subarray(0, end));
  const view = new DataView(bytes.buffer);
  const salt = new DataView(whole.buffer).getUint32(SEGMENT_HEADER_BYTES + 8);
  const length = TAIL / 2;
  let at = end;
  for (
    let left = claimed;
    left >= frameBytes(length);
    at += FRAME_HEADER_BYTES
  ) {
    view.setUint32(at, FRAME_MAGIC, true);
    view.setUint32(at + 8, salt);
    view.setUint32(at + 32, 1, true);
    view.setUint32(at + 36, length, true);
    view.setUint8(at + 46, KIND.records);
    left -= frameBytes(length);
  }
  storage.put(name, bytes);
  return { storage, name, end };
}

async function textsOf(storage: MemoryStorage): Promise<string[]> {
  const wal = await Wal.open(storage, { warn() {} });
  const texts: string[] = [];
  for await (const { data } of wal.read()) {
    texts.push(new TextDecoder().decode(data));
  }
  await wal.close();
  return texts;
}

test("Wal.open() cuts a tail whose headers claim what is allowed", async () => {
  const { storage } = await hostileLog(2 * TAIL + 64 * MIB);
  assertEquals(await textsOf(storage), RECORDS);
});

test("Wal.open() refuses a tail that would take too long to search", async () => {
  const { storage, end } = await hostileLog(2 * TAIL + 66 * MIB);
  const { reason, offset } = await assertRejects(
    () => Wal.open(storage),
    CorruptLogError,
  );
  assert(offset > end);
  assertEquals(
    reason,
    "the bytes here claim to be overlapping frames, which no log has, and were " +
      "not searched to the end: it is unknown whether record 3 was synced",
  );
});

test("salvageLog() gives up a tail that would take too long to search", async () => {
  const { storage, name, end } = await hostileLog(TAIL * 1000);
  const { damages, records } = await salvage(storage);
  assertEquals([damages.length, records], [1, 2]);
  assertEquals(damages[0].offset, end);
  assert(storage.list().includes(`${name}.broken`));
  assertEquals(await textsOf(storage), RECORDS);
});

test("Wal.open() salvages a log whose tail would take too long", async () => {
  const { storage } = await hostileLog(TAIL * 1000);
  const wal = await Wal.open(storage, { recovery: "salvage", warn() {} });
  assertEquals(await wal.append("three"), 3);
  await wal.close();
  assertEquals(await textsOf(storage), [...RECORDS, "three"]);
});

test("salvageLog() ends without a header, too, and keeps what it found", async () => {
  const { storage, name } = await hostileLog(TAIL * 1000);
  const bytes = storage.get(name)!;
  bytes.fill(0xff, 0, 40);
  storage.put(name, bytes);
  const { records } = await salvage(storage);
  assertEquals(records, 2);
  assertEquals(await textsOf(storage), RECORDS);
});
