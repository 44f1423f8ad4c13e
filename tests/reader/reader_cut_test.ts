import { WalReader } from "../../reader/wal_reader.ts";
import { CompactedError, TruncatedError } from "../../storage/frame_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { json } from "../../codec/json.ts";
import { Wal } from "../../wal.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { lsnsOf, range, textOf, textsOf } from "../kit/reader_kit.ts";
import { test } from "../kit/register.ts";

const QUIET = { warn() {} };

test("WalReader.follow() rejects once what it has shown is cut off", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  const reader = await WalReader.open(storage);
  await wal.appendBatch(["one", "two", "three", "four"]);
  await wal.append("five");
  const seen: number[] = [];
  const following = (async () => {
    for await (const { lsn } of reader.follow()) seen.push(lsn);
  })();
  const behind = reader.follow();
  assertEquals((await behind.next()).value?.lsn, 1);
  await reader.refresh();
  while (seen.length < 4) await new Promise((done) => setTimeout(done, 1));
  const rejecting = assertRejects(() => following, TruncatedError);
  await wal.truncateAfter(2);
  await wal.append("other three");
  await wal.append("other four");
  assertEquals((await rejecting).lastLsn, 2);
  await wal.close();
  const others: string[] = [];
  for await (const { data } of behind) {
    others.push(new TextDecoder().decode(data));
    if (others.length === 3) break;
  }
  assertEquals(others, ["two", "other three", "other four"]);
  assertEquals(await textsOf(reader), ["one", ...others]);
  await reader.close();
});

test("WalReader sees a cut that it looks at much later", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  for (const text of ["one", "two", "three"]) await wal.append(text);
  const reader = await WalReader.open(storage, { level: "os" });
  const following = reader.follow();
  for (let lsn = 1; lsn <= 3; lsn++) await following.next();
  await wal.truncateAfter(1);
  for (const text of ["2", "3", "4"]) await wal.append(text);
  await wal.close();
  const again = await Wal.open(storage);
  await again.append("5");
  const error = await assertRejects(() => following.next(), TruncatedError);
  assertEquals([error.lsn, error.lastLsn], [4, 1]);
  assertEquals(await textsOf(reader), ["one", "2", "3", "4", "5"]);
  await again.close();
  await reader.close();
});

test("WalReader takes back what a displaced owner wrote, at os only", async () => {
  const options = { synchronous: "off", ...QUIET } as const;
  let act: (() => Promise<void>) | undefined;
  const storage = new MemoryStorage({
    onCall({ operation, file }) {
      const isManifest = operation === "rename" && file.includes("manifest");
      if (!isManifest || act === undefined) return;
      const after = act();
      act = undefined;
      return { after };
    },
  });
  const first = await Wal.open(storage, options);
  await first.append("one");
  await first.flush();
  const written = await WalReader.open(storage, { level: "os" });
  const durable = await WalReader.open(storage);
  const following = written.follow();
  assertEquals((await following.next()).value?.lsn, 1);
  // The next owner has scanned the log, and not yet said where it ended.
  act = async () => {
    await first.append("late").catch(() => {});
    assertEquals((await following.next()).value?.lsn, 2);
    assertEquals(await textsOf(durable), ["one"]);
  };
  const second = await Wal.open(storage, { takeOver: true, ...options });
  const error = await assertRejects(() => following.next(), TruncatedError);
  assertEquals([error.lsn, error.lastLsn], [3, 1]);
  await second.append("two");
  await second.close();
  assertEquals(await textsOf(written), ["one", "two"]);
  assertEquals(await textsOf(durable), ["one", "two"]);
  for (const reader of [written, durable]) await reader.close();
  await first.close().catch(() => {});
});

test("WalReader takes back a frame that is withdrawn for lack of space", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { synchronous: "off" });
  await wal.append("one");
  const [segment] = storage.list().filter((name) => name.endsWith(".wal"));
  const without = storage.get(segment)!;
  await wal.append("withdrawn");
  const withFrame = storage.get(segment)!;
  const reader = await WalReader.open(storage, { level: "os" });
  const following = reader.follow();
  for (let lsn = 1; lsn <= 2; lsn++) await following.next();
  storage.put(segment, without);
  const error = await assertRejects(() => following.next(), TruncatedError);
  assertEquals(error.lastLsn, 1);
  assertEquals(await textsOf(reader), ["one"]);
  storage.put(segment, withFrame);
  assertEquals(await textsOf(reader), ["one", "withdrawn"]);
  await reader.close();
  await wal.close();
});

test("WalReader.open() decodes by a codec", async () => {
  const storage = new MemoryStorage();
  const codec = json<{ id: number }>();
  const wal = await Wal.open(storage, { codec });
  await wal.append({ id: 7 });
  await wal.close();
  const reader = await WalReader.open(storage, { codec });
  assertEquals((await reader.get(1))?.data, { id: 7 });
  assertEquals((await reader.follow().next()).value?.data.id, 7);
  await reader.close();
  const open = () => WalReader.open(storage, { codec: {} as typeof codec });
  await assertRejects(open, TypeError, "codec must be");
});

test("WalReader.cursor() continues where its last process left", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { segmentBytes: 4096 });
  for (let lsn = 1; lsn <= 4; lsn++) await wal.append(`${lsn}`.padEnd(2000));
  const lives = [WalReader.open(storage), WalReader.open(storage)];
  for (const [life, opening] of lives.entries()) {
    const reader = await opening;
    const cursor = await reader.cursor("billing");
    const record = await cursor.next();
    assertEquals(record?.lsn, life + 1);
    await cursor.commit(life + 1);
    await cursor.close();
    await reader.close();
  }
  await wal.truncateBefore(4);
  const reader = await WalReader.open(storage);
  const cursor = await reader.cursor("billing");
  await assertRejects(() => cursor.next(), CompactedError);
  await reader.close();
  await wal.close();
});

test("WalReader goes on after a repair, around what is lost", async () => {
  for (const damaged of [0, 1, 2]) {
    const storage = new MemoryStorage();
    const wal = await Wal.open(storage, { segmentBytes: 4096 });
    for (let lsn = 1; lsn <= 6; lsn++) await wal.append(textOf(lsn, 1500));
    await wal.close();
    const reader = await WalReader.open(storage);
    const following = reader.follow();
    assertEquals((await following.next()).value?.lsn, 1);
    const segments = storage.list().filter((name) => name.endsWith(".wal"));
    const name = segments.sort()[damaged];
    const bytes = storage.get(name)!;
    bytes[1700] ^= 1; // in the second record of the segment
    storage.put(name, bytes);
    await (await Wal.open(storage, { recovery: "salvage", ...QUIET })).close();
    const lost = 2 * damaged + 2;
    const kept = range(1, 6).filter((lsn) => lsn !== lost);
    assertEquals(await lsnsOf(reader), kept);
    assertEquals(await reader.get(lost), undefined);
    const again = await Wal.open(storage, QUIET);
    await again.append(textOf(7));
    await again.close();
    assertEquals(await lsnsOf(reader), [...kept, 7]);
    const rest: number[] = [];
    for await (const { lsn } of following) {
      rest.push(lsn);
      if (lsn === 7) break;
    }
    // What it had in memory was read before the damage.
    assertEquals(rest.at(-1), 7);
    assertEquals(rest, rest.toSorted((a, b) => a - b));
    await reader.close();
  }
});

test("WalReader sees a cut whose segment a checkpoint has dropped since", async () => {
  for (const isClosed of [false, true]) {
    const storage = new MemoryStorage();
    const wal = await Wal.open(storage, { segmentBytes: 4096 });
    for (let lsn = 1; lsn <= 8; lsn++) await wal.append(`old ${lsn}`);
    const reader = await WalReader.open(storage, { level: "os" });
    assertEquals(reader.lastLsn, 8);
    await wal.truncateAfter(0);
    for (let lsn = 1; lsn <= 4; lsn++) await wal.append("new".padEnd(3000));
    await wal.truncateBefore(isClosed ? 5 : 3);
    if (isClosed) await wal.close();
    await reader.refresh();
    const { firstLsn, lastLsn } = reader;
    assertEquals([firstLsn, lastLsn], isClosed ? [5, 4] : [3, 4]);
    await reader.close();
    await wal.close();
  }
});

test("WalReader shows all that a cut has left, which is durable", async () => {
  for (let lsn = 0; lsn <= 5; lsn++) {
    const storage = new MemoryStorage();
    const wal = await Wal.open(storage);
    for (const text of ["one", "two"]) await wal.append(text);
    await wal.appendBatch(["three", "four", "five"]);
    await wal.append("six");
    await wal.truncateAfter(lsn);
    const reader = await WalReader.open(storage);
    assertEquals(reader.lastLsn, lsn);
    await reader.close();
    await wal.close();
  }
});
