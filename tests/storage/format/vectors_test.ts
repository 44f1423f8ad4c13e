import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { seeded } from "../../../random.ts";
import { scanSegment } from "../../../recovery/scan_tail.ts";
import { survey } from "../../../recovery/survey.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { SegmentCursor } from "../../../storage/segments/segment_cursor.ts";
import { SegmentReader } from "../../../storage/segments/segment_reader.ts";
import { Wal } from "../../../wal.ts";
import type { AckLevel } from "../../../writer/acks.ts";
import { assertEquals, assertRejects } from "../../kit/assert.ts";
import { decodeLog } from "../../kit/independent_decoder.ts";
import { test } from "../../kit/register.ts";
import { makeVectors } from "../../vectors/make.ts";
import { hex } from "../../vectors/segment.ts";
import type { Expected } from "../../vectors/vector.ts";

const folder = new URL("../../vectors/", import.meta.url);

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

/** All segments of a log as the library's reader sees them. */
async function readSegments(
  storage: MemoryStorage,
): Promise<Expected["segments"]> {
  const found: Expected["segments"] = [];
  const { segments, end } = await survey(storage);
  for (const [index, { name }] of segments.entries()) {
    const reader = await SegmentReader.open(storage, name);
    const frames: Expected["segments"][number]["frames"] = [];
    let stop = 64;
    const next = segments[index + 1]?.firstLsn ?? end;
    for await (const run of new SegmentCursor(reader).frames(next)) {
      for (const { payload: _, salt: __, bytes, ...frame } of run) {
        frames.push(frame);
        stop = frame.offset + bytes;
      }
    }
    found.push({ file: name, ...reader.header, frames, end: stop });
    await reader.close();
  }
  return found;
}

/** What a log holds as the library reads it. */
async function readLog(
  storage: MemoryStorage,
): Promise<
  Pick<Expected, "firstLsn" | "lastLsn" | "records" | "holes" | "meta">
> {
  const { manifest } = await survey(storage);
  const firstLsn = manifest?.firstLsn ?? 1;
  const wal = await Wal.open(storage, { warn() {} });
  const records: Expected["records"] = [];
  const holes: Expected["holes"] = [];
  for await (const { time = 0, ...batch } of wal.readBatches()) {
    let lsn = batch.firstLsn;
    for (const data of batch.records) {
      records.push({ lsn: lsn++, time, data: hex(data) });
    }
    if (batch.lost === undefined) continue;
    holes.push([batch.firstLsn, batch.firstLsn + batch.lost - 1]);
  }
  const lastLsn = await wal.flush();
  const meta = wal.meta && hex(wal.meta);
  await wal.close();
  return { firstLsn, lastLsn, records, holes, ...(meta && { meta }) };
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

for (const expected of vectors.filter(({ refusal }) => !refusal)) {
  const { vector, what, firstLsn, lastLsn, records, holes } = expected;

  test(`SegmentCursor reads vector ${vector}: ${what}`, async () => {
    const storage = storageOf(filesOf(expected));
    assertEquals(await readSegments(storage), expected.segments);
    const { fenced } = await survey(storage);
    assertEquals(fenced.map(({ name }) => name), expected.fenced);
  });

  test(`scanSegment() finds the end of vector ${vector}`, async () => {
    const storage = storageOf(filesOf(expected));
    const last = expected.segments.at(-1);
    if (last === undefined) return;
    const reader = await SegmentReader.open(storage, last.file);
    const { end } = await survey(storage);
    assertEquals((await scanSegment(reader, end)).stop.offset, last.end);
    await reader.close();
  });

  test(`Wal.open() and read() give back vector ${vector}`, async () => {
    const read = await readLog(storageOf(filesOf(expected)));
    const { meta } = expected;
    const found = { firstLsn, lastLsn, records, holes };
    assertEquals(read, { ...found, ...(meta && { meta }) });
  });

  test(`Wal.open() in mode strict judges vector ${vector}`, async () => {
    const options = { recovery: "strict", warn() {} } as const;
    const opening = Wal.open(storageOf(filesOf(expected)), options);
    if (expected.torn) {
      await assertRejects(() => opening, Error, "strict recovery");
    } else {
      await (await opening).close();
    }
  });

  test(`decodeLog() by the document alone reads vector ${vector}`, () => {
    const log = decodeLog(filesOf(expected));
    assertEquals(log.refusal, undefined);
    assertEquals(log.segments, expected.segments);
    assertEquals(log.fenced, expected.fenced);
    assertEquals(log.meta && hex(log.meta.bytes), expected.meta);
    assertEquals([log.firstLsn, log.lastLsn], [firstLsn, lastLsn]);
    const found = log.records.map((record) => {
      return { ...record, data: hex(record.data) };
    });
    assertEquals(found, records);
    assertEquals(log.holes, holes);
    assertEquals(log.torn, expected.torn);
  });
}

for (const expected of vectors.filter(({ refusal }) => refusal)) {
  const { vector, what, refusal } = expected;

  test(`Wal.open() refuses vector ${vector}: ${what}`, async () => {
    const storage = storageOf(filesOf(expected));
    const before = filesIn(storage);
    const error = await assertRejects(() => Wal.open(storage), Error);
    const name = refusal === "version"
      ? "FormatVersionError"
      : "CorruptLogError";
    assertEquals(error.name, name, error.message);
    for (const [name, bytes] of before) {
      assertEquals(storage.get(name), bytes, `${name} was changed`);
    }
  });

  test(`decodeLog() by the document alone refuses vector ${vector}`, () => {
    assertEquals(decodeLog(filesOf(expected)).refusal?.kind, refusal);
  });
}

test("the worked example of docs/format.md is the vector's dump", () => {
  const path = new URL("../../../docs/format.md", import.meta.url);
  const rows = readFileSync(path, "utf8").match(/^[0-9a-f]{4} {2}.*$/gm) ?? [];
  const dumped = rows.map((row) => row.slice(6, 53).replaceAll(" ", ""));
  const [segment, manifest] = filesOf(
    vectors.find(({ vector }) => vector === "worked_example")!,
  ).values();
  assertEquals(dumped.join(""), hex(manifest) + hex(segment));
});

test("decodeLog() finds the true entries of an index, and no others", () => {
  const indexIn = (name: string) => {
    const expected = vectors.find(({ vector }) => vector === name)!;
    return decodeLog(filesOf(expected)).indexes;
  };
  assertEquals(indexIn("seal_with_index"), [[[2, 120], [4, 184]]]);
  assertEquals(indexIn("lying_index"), [[]]);
});

type Step =
  | { kind: "append"; records: Uint8Array[]; ack: AckLevel }
  | { kind: "truncate"; share: number }
  | { kind: "flush" | "reopen" | "kill" | "crash" | "overtake"; seed: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("append" as const),
    records: fc.array(fc.uint8Array({ maxLength: 900 }), {
      minLength: 1,
      maxLength: 6,
    }),
    ack: fc.constantFrom<AckLevel>("memory", "os", "disk"),
  }),
  fc.record({
    kind: fc.constantFrom("flush", "reopen", "kill", "crash", "overtake"),
    seed: fc.nat(),
  }),
  fc.record({
    kind: fc.constant("truncate" as const),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

const options = {
  segmentBytes: 4096,
  syncIntervalMs: Infinity,
  reserveBytes: 0,
  warn() {},
};

/** Both readers read a log that nothing has damaged in the same way. */
async function assertSameReading(storage: MemoryStorage): Promise<void> {
  const decoded = decodeLog(filesIn(storage));
  assertEquals(decoded.refusal, undefined);
  assertEquals(decoded.segments, await readSegments(storage));
  const records = decoded.records.map((record) => {
    return { ...record, data: hex(record.data) };
  });
  const { firstLsn, lastLsn, holes } = decoded;
  const read = await readLog(storage.kill());
  assertEquals(read, { firstLsn, lastLsn, records, holes });
}

/** Runs one step; resolves with the storage and log to continue with. */
async function take(
  step: Step,
  storage: MemoryStorage,
  wal: Wal,
): Promise<{ storage: MemoryStorage; wal: Wal }> {
  if (step.kind === "append") {
    const { ack } = step;
    await Promise.all(step.records.map((data) => wal.append(data, { ack })));
    return { storage, wal };
  }
  const lastLsn = await wal.flush();
  if (step.kind === "truncate") {
    const lsn = 1 + Math.round(step.share * lastLsn);
    await wal.truncateBefore(lsn);
  }
  if (step.kind === "truncate" || step.kind === "flush") {
    return { storage, wal };
  }
  await wal.append("not flushed", { ack: "os" });
  if (step.kind === "reopen") {
    await wal.close();
    return { storage, wal: await Wal.open(storage, options) };
  }
  if (step.kind === "overtake") {
    const overtaking = Wal.open(storage, { ...options, takeOver: true });
    const late = wal.append("late", { ack: "os" }).catch(() => {});
    const newer = await overtaking;
    await late;
    await wal.append("later", { ack: "os" }).catch(() => {});
    await wal.close().catch(() => {});
    return { storage, wal: newer };
  }
  const { seed } = step;
  const after = step.kind === "kill"
    ? storage.kill()
    : storage.crash(seeded(seed));
  await wal.close();
  await assertSameReading(after);
  return { storage: after, wal: await Wal.open(after, options) };
}

test("decodeLog() reads what Wal leaves, however a life ends", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      let storage = new MemoryStorage();
      let wal = await Wal.open(storage, options);
      for (const step of steps) {
        ({ storage, wal } = await take(step, storage, wal));
        await assertSameReading(storage);
      }
      await wal.close();
      await assertSameReading(storage);
    }),
    { numRuns: 200 },
  );
});
