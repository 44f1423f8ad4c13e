import { explore, type LifeBody } from "../testing/mod.ts";
import { CountPolicy } from "../policies/count_policy.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import { Wal } from "../wal.ts";
import { assert, assertEquals, assertRejects } from "./kit/assert.ts";
import { FakeFrameLog } from "./kit/fake_frame_log.ts";
import { textsOf } from "./kit/reader_kit.ts";
import { test } from "./kit/register.ts";

const decoder = new TextDecoder();

function metaOf(wal: Wal): string | undefined {
  const { meta } = wal;
  return meta && decoder.decode(meta);
}

/** A policy that waits for a number of records. */
function limited(records: number): CountPolicy {
  return new CountPolicy({ records, whenIdle: "wait" });
}

test("meta is nothing at first, then what was set last, also after opening", async () => {
  const storage = new MemoryStorage();
  let wal = await Wal.open(storage);
  assertEquals(wal.meta, undefined);
  const steps: [string, () => Promise<unknown>][] = [
    ["a", () => wal.append("one", { meta: "a" })],
    ["", () => wal.setMeta("")],
    ["b", () => wal.setMeta(new TextEncoder().encode("b"))],
    ["c", () => wal.appendBatch(["two", "three"], { meta: "c" })],
    ["c", () => wal.append("four")],
    ["x".repeat(4096), () => wal.append("five", { meta: "x".repeat(4096) })],
    ["d", () => wal.setMeta("d")],
  ];
  for (const [expected, step] of steps) {
    await step();
    assertEquals(metaOf(wal), expected);
    const killed = await Wal.open(storage.kill());
    assertEquals(metaOf(killed), expected);
    const crashed = await Wal.open(storage.crash(() => 0));
    assertEquals(metaOf(crashed), expected);
    await wal.close();
    wal = await Wal.open(storage);
    assertEquals(metaOf(wal), expected);
  }
  assertEquals(await textsOf(wal), ["one", "two", "three", "four", "five"]);
  await wal.close();
});

test("meta outlives every truncation, rotation and opening", async () => {
  for (const how of ["append", "set"] as const) {
    const storage = new MemoryStorage();
    const options = { segmentBytes: 4096, syncIntervalMs: Infinity };
    let wal = await Wal.open(storage, options);
    await wal.append("first");
    if (how === "set") await wal.setMeta("kept");
    else await wal.append("second", { meta: "kept" });
    const check = () => assertEquals(metaOf(wal), "kept");
    await wal.truncateAfter(1);
    check();
    await wal.truncateAfter(0);
    check();
    for (let nth = 0; nth < 12; nth++) await wal.append("x".repeat(1500));
    await wal.truncateBefore(wal.lastLsn + 1);
    for (let opening = 0; opening < 10; opening++) {
      await wal.close();
      wal = await Wal.open(storage, options);
      check();
      await wal.append("y".repeat(100), { ack: "os" });
      wal = await Wal.open(storage.kill(), { ...options, takeOver: true });
      check();
      await wal.close();
      wal = await Wal.open(storage, { ...options, takeOver: true });
    }
    await wal.close();
  }
});

test("meta that are only written outlive their record, in a kill and a power cut", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { synchronous: "off" });
  await wal.append("one", { meta: "a" });
  await wal.truncateBefore(2);
  for (const step of [() => wal.append("two"), () => wal.flush()]) {
    const killed = await Wal.open(storage.kill());
    assertEquals(metaOf(killed), "a");
    await step();
    const crashed = await Wal.open(storage.crash(() => 0));
    assertEquals(metaOf(crashed), "a");
  }
  await wal.close();
});

test("meta that came with a record survive a kill several segments later", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { segmentBytes: 4096 });
  await wal.append("first", { meta: "kept" });
  for (let nth = 0; nth < 9; nth++) {
    await wal.append("x".repeat(1500));
    const killed = await Wal.open(storage.kill());
    assertEquals(metaOf(killed), "kept");
    await killed.close();
  }
  await wal.close();
});

test("append() with meta ends its frame, and others may share it", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  const appends = ["a", "b", "c", "d", "e", "f"].map((record, nth) =>
    wal.append(record, nth % 3 === 1 ? { meta: record } : {})
  );
  assertEquals(await Promise.all(appends), [1, 2, 3, 4, 5, 6]);
  assertEquals(metaOf(wal), "e");
  assertEquals(await textsOf(wal), [..."abcdef"]);
  const frames: string[][] = [];
  for await (const { records } of wal.readBatches()) {
    frames.push([...records].map((record) => decoder.decode(record)));
  }
  assertEquals(frames, [["a", "b"], ["c", "d", "e"], ["f"]]);
  await wal.close();
});

test("append() with meta ends its frame, even if the limits of frames change", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { policy: limited(1000) });
  const acks = [wal.append("one", { meta: "a" })];
  const configured = wal.configure({ policy: limited(900) });
  acks.push(wal.append("two"), wal.append("three", { meta: "b" }));
  await wal.configure({ policy: limited(800) });
  await configured;
  assertEquals(await Promise.all(acks), [1, 2, 3]);
  const killed = await Wal.open(storage.kill());
  assertEquals(metaOf(killed), "b");
  assertEquals(await textsOf(killed), ["one", "two", "three"]);
  await wal.close();
});

test("setMeta() calls count in order, however they overlap with appends", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  await Promise.all([
    wal.setMeta("1"),
    wal.append("a", { meta: "2" }),
    wal.setMeta("3"),
    wal.append("b", { meta: "4" }),
  ]);
  assertEquals(metaOf(wal), "4");
  await Promise.all([wal.append("c", { meta: "5" }), wal.setMeta("6")]);
  assertEquals(metaOf(wal), "6");
  assertEquals(metaOf(await Wal.open(storage.crash(() => 0))), "6");
  await wal.close();
});

test("meta of records that a full disk refuses is refused with them", async () => {
  let isFull = false;
  const wal = await Wal.open(
    new MemoryStorage({
      onCall: ({ operation }) =>
        isFull && operation === "write" ? { error: "ENOSPC" } : undefined,
    }),
  );
  await wal.append("a", { meta: "a" });
  isFull = true;
  const refused = () => wal.append("b", { meta: "b" });
  await assertRejects(refused, StorageFullError);
  await assertRejects(() => wal.setMeta("c"), StorageFullError);
  assertEquals(metaOf(wal), "a");
  isFull = false;
  await wal.append("d", { meta: "d" });
  assertEquals([metaOf(wal), await textsOf(wal)], ["d", ["a", "d"]]);
  await wal.close();
});

test("meta of more than 4096 bytes, or that is not bytes, is refused before anything", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const long = "x".repeat(4097);
  const rule = "its metadata must be at most 4096 bytes: received 4097 bytes";
  await assertRejects(() => wal.append("a", { meta: long }), RangeError, rule);
  await assertRejects(() => wal.setMeta(long), RangeError, rule);
  await assertRejects(() => wal.setMeta(5 as never), TypeError);
  await assertRejects(() => wal.setMeta(undefined as never), TypeError);
  assertEquals([wal.lastLsn, wal.meta], [0, undefined]);
  await wal.close();
  await assertRejects(() => wal.setMeta("a"), Error, "closed");
});

/** Metadata that are surely there, or may be; `record` came with them. */
interface MetaFact {
  meta: number;
  isSure: boolean;
  record: boolean;
}

/** Records of 1500 bytes, so that segments change; the nth has metadata n. */
const workload: LifeBody<MetaFact> = async ({ storage, clock, note }) => {
  const wal = await Wal.open(storage, {
    clock,
    segmentBytes: 4096,
    reserveBytes: 512,
    syncIntervalMs: Infinity,
  });
  let meta = 0;
  const append = async (bytes: number) => {
    meta++;
    note({ meta, isSure: false, record: true });
    await wal.append(`${meta}`.padEnd(bytes), { meta: `${meta}` });
    note({ meta, isSure: true, record: true });
  };
  await append(20);
  await append(1500);
  await append(3000);
  meta++;
  note({ meta, isSure: false, record: false });
  await wal.setMeta(`${meta}`);
  note({ meta, isSure: true, record: false });
  // The manifest is written while a frame is written, and while it is synced.
  for (let turns = 1; turns <= 3; turns++) {
    const appending = append(30);
    for (let turn = 0; turn < turns; turn++) {
      await new Promise<void>((resolve) => clock.endOfTurn(resolve));
    }
    await wal.truncateBefore(1 + turns);
    await appending;
  }
  await wal.append("plain".padEnd(3000), { ack: "os" });
};

/** Metadata never go back, and are there if and only if their record is. */
const check: LifeBody<MetaFact> = async ({ storage, clock, facts }) => {
  const wal = await Wal.open(storage, { clock, warn() {}, reserveBytes: 512 });
  const meta = Number(metaOf(wal) ?? 0);
  const sure = Math.max(
    0,
    ...facts.filter((one) => one.isSure).map((one) => one.meta),
  );
  assert(meta >= sure, `metadata ${sure} are lost: found ${meta}`);
  const sent = facts.findLast((one) => one.meta === meta);
  assert(meta === 0 || sent !== undefined, `metadata ${meta} were never sent`);
  const numbers = (await textsOf(wal)).map((text) => parseInt(text))
    .filter((number) => !Number.isNaN(number));
  const last = Math.max(0, ...numbers);
  assert(meta >= last, `record ${last} without its metadata: found ${meta}`);
  const isThere = !sent?.record || numbers.includes(meta) ||
    wal.firstLsn > wal.lastLsn;
  assert(isThere, `metadata ${meta} without their record: found ${numbers}`);
  await wal.append("and on");
  assertEquals(metaOf(wal), meta === 0 ? undefined : `${meta}`);
  await wal.close();
};

const DEVICES = {
  "posix": { fileSystem: "posix" },
  "ext4": { fileSystem: "ext4" },
  "posix, slow": { fileSystem: "posix", slow: true },
} as const;

for (const [device, made] of Object.entries(DEVICES)) {
  test(`append() with meta is atomic whatever a crash leaves: ${device}`, async () => {
    const options = { ...made, bound: 24, samples: 3, print: () => {} };
    const { states } = await explore(workload, check, options);
    assert(states > 100);
  });
}

test("meta of a frame log that keeps none is refused", async () => {
  const wal = await Wal.open(new FakeFrameLog());
  assertEquals(wal.meta, undefined);
  await assertRejects(() => wal.setMeta("a"), TypeError, "setMeta");
  await assertRejects(() => wal.append("a", { meta: "a" }), TypeError);
  assertEquals(wal.lastLsn, 0);
  await wal.close();
});
