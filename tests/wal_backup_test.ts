import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { Wal } from "../wal.ts";
import { CountPolicy } from "../policies/count_policy.ts";
import { assertEquals, assertRejects } from "./kit/assert.ts";
import { FakeFrameLog } from "./kit/fake_frame_log.ts";
import { textsOf } from "./kit/reader_kit.ts";
import { test } from "./kit/register.ts";

const OPTIONS = { segmentBytes: 4096, warn() {} };

test("Wal.backup() has all that was appended before the call", async () => {
  const backup = new MemoryStorage();
  const wal = await Wal.open(new MemoryStorage(), {
    ...OPTIONS,
    policy: new CountPolicy({ records: 1000, whenIdle: "wait" }),
  });
  const sent: string[] = [];
  for (let round = 1; round <= 8; round++) {
    for (let nth = 0; nth < 4; nth++) {
      sent.push(`${round}.${nth}`.padEnd(700));
      wal.enqueue(sent.at(-1)!, { ack: "memory" });
    }
    const report = await wal.backup(backup);
    assertEquals(report.lastLsn, sent.length);
    const copy = await Wal.open(backup.kill(), OPTIONS);
    assertEquals(await textsOf(copy), sent);
    await copy.close();
  }
  await wal.close();
});

test("Wal.backup() goes on while records are appended, dropped and cut off", async () => {
  const backup = new MemoryStorage();
  const wal = await Wal.open(new MemoryStorage(), OPTIONS);
  for (let lsn = 1; lsn <= 40; lsn++) await wal.append(`${lsn}`.padEnd(600));
  for (let round = 0; round < 6; round++) {
    const copied = wal.backup(backup);
    const others: Promise<unknown>[] = [
      wal.append("more".padEnd(900)),
      wal.truncateBefore(wal.firstLsn + 3),
      wal.checkpoint((lsn) => `${lsn}`, { keep: 2, lsn: wal.firstLsn + 4 }),
    ];
    if (round === 3) others.push(wal.truncateAfter(wal.lastLsn - 1));
    await Promise.all(others.map((call) => call.catch(() => {})));
    const { firstLsn, lastLsn } = await copied;
    const copy = await Wal.open(backup.kill(), OPTIONS);
    assertEquals([copy.firstLsn, copy.lastLsn], [firstLsn, lastLsn]);
    assertEquals((await textsOf(copy)).length, lastLsn + 1 - firstLsn);
    await copy.close();
  }
  await wal.close();
  await assertRejects(() => wal.backup(backup), Error, "closed");
});

test("Wal.backup() refuses bad arguments, and a log without a directory", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  await assertRejects(() => wal.backup(storage), TypeError);
  await assertRejects(() => wal.backup("", {}), TypeError);
  const bad = { verfy: true } as never;
  await assertRejects(() => wal.backup(new MemoryStorage(), bad), TypeError);
  const signal = AbortSignal.abort(new Error("enough"));
  const aborted = () => wal.backup(new MemoryStorage(), { signal });
  await assertRejects(aborted, Error, "enough");
  await wal.close();
  const fake = await Wal.open(new FakeFrameLog());
  await assertRejects(
    () => fake.backup(new MemoryStorage()),
    Error,
    "directory",
  );
  await fake.close();
});
