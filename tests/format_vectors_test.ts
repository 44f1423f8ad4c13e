import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { decideTail } from "../recovery/decide_tail.ts";
import { scanSegment } from "../recovery/scan_tail.ts";
import { survey } from "../recovery/survey.ts";
import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { MemoryStorage } from "../storage/memory_storage.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import { SegmentReader } from "../storage/segment_reader.ts";
import { Wal } from "../wal.ts";
import { assertEquals, assertRejects } from "./support/assert.ts";
import { decodeLog } from "./support/independent_decoder.ts";
import { test } from "./support/register.ts";
import { type Expected, makeVectors } from "./vectors/make.ts";

const folder = new URL("./vectors/", import.meta.url);

const vectors: Expected[] = JSON.parse(
  readFileSync(new URL("expected.json", folder), "utf8"),
);

/** The files of a vector as they were committed. */
function filesOf({ vector }: Expected): Map<string, Uint8Array> {
  const place = new URL(`${vector}/`, folder);
  return new Map(
    readdirSync(place).sort().map((name) => {
      return [name, Uint8Array.from(readFileSync(new URL(name, place)))];
    }),
  );
}

function storageOf(files: ReadonlyMap<string, Uint8Array>): MemoryStorage {
  const storage = new MemoryStorage();
  for (const [name, bytes] of files) storage.put(name, bytes);
  return storage;
}

function filesIn(storage: MemoryStorage): Map<string, Uint8Array> {
  return new Map(storage.list().map((name) => [name, storage.get(name)!]));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** All segments of a log as the library's reader sees them. */
async function readSegments(
  storage: MemoryStorage,
): Promise<Expected["segments"]> {
  const found: Expected["segments"] = [];
  for (const { name } of (await survey(storage)).segments) {
    const reader = await SegmentReader.open(storage, name);
    const frames: Expected["segments"][number]["frames"] = [];
    let end = 64;
    for await (const run of new SegmentCursor(reader).frames()) {
      for (const { payload: _, salt: __, bytes, ...frame } of run) {
        frames.push(frame);
        end = frame.offset + bytes;
      }
    }
    found.push({ file: name, ...reader.header, frames, end });
    await reader.close();
  }
  return found;
}

async function readRecords(
  storage: MemoryStorage,
): Promise<Pick<Expected, "records" | "holes">> {
  const wal = await Wal.open(storage);
  const records: string[] = [];
  const holes: Expected["holes"] = [];
  for await (const batch of wal.readBatches()) {
    records.push(...Array.from(batch.records, hex));
    if (batch.lost === undefined) continue;
    holes.push([batch.firstLsn, batch.firstLsn + batch.lost - 1]);
  }
  await wal.close();
  return { records, holes };
}

test("makeVectors() makes the committed files, byte for byte", () => {
  const made = makeVectors();
  assertEquals(made.map(({ expected }) => expected), vectors);
  for (const { files, expected } of made) {
    const names = [...files.keys()].sort();
    assertEquals([...filesOf(expected).keys()], names, expected.vector);
    for (const [name, bytes] of filesOf(expected)) {
      assertEquals(hex(bytes), hex(files.get(name)!), expected.vector);
    }
  }
});

for (const expected of vectors) {
  const { vector, what } = expected;

  test(`SegmentCursor reads vector ${vector}: ${what}`, async () => {
    const storage = storageOf(filesOf(expected));
    assertEquals(await readSegments(storage), expected.segments);
    const { fenced } = await survey(storage);
    assertEquals(fenced.map(({ name }) => name), expected.fenced);
  });

  test(`scanSegment() judges the end of vector ${vector}`, async () => {
    const storage = storageOf(filesOf(expected));
    const last = expected.segments[expected.segments.length - 1];
    const reader = await SegmentReader.open(storage, last.file);
    const scan = await scanSegment(reader);
    assertEquals(scan.remainder, expected.remainder);
    assertEquals(decideTail(scan, "tail"), expected.decision);
    assertEquals(scan.stop.offset, last.end);
  });

  test(`Wal.open() reads or refuses vector ${vector}`, async () => {
    const storage = storageOf(filesOf(expected));
    if (expected.decision === "refuse") {
      await assertRejects(() => Wal.open(storage), CorruptLogError);
      return;
    }
    const { records, holes } = expected;
    assertEquals(await readRecords(storage), { records, holes });
  });

  test(`decodeLog() by the document alone reads vector ${vector}`, () => {
    const decoded = decodeLog(filesOf(expected));
    assertEquals(decoded.segments, expected.segments);
    assertEquals(decoded.fenced, expected.fenced);
    assertEquals(decoded.records.map(hex), expected.records);
    assertEquals(decoded.holes, expected.holes);
    assertEquals(decoded.remainder, expected.remainder);
    assertEquals(decoded.decision, expected.decision);
  });
}

test("the worked example of docs/format.md is the vector's dump", () => {
  const path = new URL("../docs/format.md", import.meta.url);
  const rows = readFileSync(path, "utf8").match(/^[0-9a-f]{4} {2}.*$/gm) ?? [];
  const dumped = rows.map((row) => row.slice(6, 53).replaceAll(" ", ""));
  const [bytes] = filesOf(
    vectors.find(({ vector }) => vector === "worked_example")!,
  ).values();
  assertEquals(dumped.join(""), hex(bytes));
});

const step = fc.oneof(
  fc.record({
    kind: fc.constant("append" as const),
    records: fc.array(fc.uint8Array({ maxLength: 900 }), {
      minLength: 1,
      maxLength: 6,
    }),
    ack: fc.constantFrom("memory" as const, "os" as const, "disk" as const),
  }),
  fc.record({ kind: fc.constantFrom("flush", "reopen", "kill" as const) }),
);

test("decodeLog() reads what Wal writes when it is closed or killed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      let storage = new MemoryStorage();
      const options = { segmentBytes: 4096, syncIntervalMs: Infinity };
      let wal = await Wal.open(storage, options);
      let sent: string[] = [];
      for (const step of steps) {
        if (step.kind === "append") {
          sent.push(...step.records.map(hex));
          const { ack } = step;
          await Promise.all(step.records.map((data) => {
            return wal.append(data, { ack });
          }));
        } else if (step.kind === "flush") {
          await wal.flush();
        } else {
          if (step.kind === "reopen") await wal.close();
          const before = wal;
          storage = step.kind === "kill" ? storage.kill() : storage;
          wal = await Wal.open(storage, options);
          if (step.kind === "kill") await before.close();
          const kept = await wal.flush();
          sent = sent.slice(0, kept);
        }
      }
      await wal.close();
      const decoded = decodeLog(filesIn(storage));
      assertEquals(decoded.records.map(hex), sent);
      assertEquals((await readRecords(storage)).records, sent);
      assertEquals(decoded.segments, await readSegments(storage));
    }),
  );
});
