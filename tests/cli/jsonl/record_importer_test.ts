import { RecordImporter } from "../../../cli/jsonl/record_importer.ts";
import { openStorage } from "../../../log/open_storage.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import type { SegmentLog } from "../../../storage/segments/mod.ts";
import type { Storage } from "../../../storage/storage.ts";
import { explore } from "../../../testing/mod.ts";
import { Wal } from "../../../wal.ts";
import { checkOptions } from "../../../log/check_options.ts";
import type { Clock } from "../../../writer/clock.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { decodeLog } from "../../kit/independent_decoder.ts";
import { test } from "../../kit/register.ts";
import { filesOf } from "../../kit/small_log.ts";

const RULES = { resume: false, allowGaps: false, renumber: false };

/** Imports these lines, each a text, or the number of records lost. */
async function importInto(
  storage: Storage,
  clock?: Clock,
): Promise<{ log: SegmentLog; importer: RecordImporter }> {
  const options = checkOptions({ ...(clock && { clock }), reserveBytes: 0 });
  const log = await openStorage(storage, undefined, options) as SegmentLog;
  const importer = new RecordImporter({ log, setTime: () => {} }, RULES);
  return { log, importer };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("RecordImporter loses nothing that it says is durable, whatever a crash leaves", async () => {
  const { states } = await explore<number>(
    async ({ storage, clock, note }) => {
      const { log, importer } = await importInto(storage, clock);
      await importer.add({ data: bytes("one") }, 1);
      await importer.add({ data: bytes("two"), batch: 2 }, 2);
      await importer.add({ data: bytes("three") }, 3);
      await importer.sync();
      note(importer.acked.lastLsn);
      await importer.add({ lost: 2 }, 4);
      note(log.lastLsn);
      await importer.add({ data: bytes("six") }, 5);
      await importer.sync();
      note(importer.acked.lastLsn);
    },
    async ({ storage, clock, facts }) => {
      const wal = await Wal.open(storage, { clock, reserveBytes: 0 });
      const texts: string[] = [];
      for await (const { lsn, data } of wal.read()) {
        texts[lsn] = new TextDecoder().decode(data);
      }
      const promised = facts.at(-1) ?? 0;
      assert(wal.lastLsn >= promised, `${wal.lastLsn} of ${promised}`);
      const all = [, "one", "two", "three", , , "six"];
      assertEquals(texts, all.slice(0, texts.length));
      assert(texts.length !== 3, "half of a batch");
      await wal.close();
    },
    { print: () => {}, bound: 64, samples: 2 },
  );
  assert(states > 100, `${states}`);
});

test("RecordImporter makes holes that the document describes", async () => {
  const storage = new MemoryStorage();
  const { log, importer } = await importInto(storage);
  await importer.add({ lost: 3 }, 1);
  await importer.add({ data: bytes("four") }, 2);
  await importer.add({ lost: 1 }, 3);
  await importer.add({ lost: 1 }, 4);
  await importer.add({ data: bytes("seven") }, 5);
  await importer.add({ lost: 2 }, 6);
  await log.close(true);
  const decoded = decodeLog(filesOf(storage));
  assertEquals(decoded.refusal, undefined);
  assertEquals(decoded.holes, [[1, 3], [5, 5], [6, 6], [8, 9]]);
  assertEquals(decoded.records.map(({ lsn }) => lsn), [4, 7]);
  const wal = await Wal.open(storage);
  assertEquals([wal.firstLsn, await wal.append("ten")], [1, 10]);
  // A cut right after a hole, and within one.
  await wal.truncateAfter(9);
  await wal.truncateAfter(8);
  assertEquals(await wal.append("nine"), 9);
  await wal.close();
  assertEquals(decodeLog(filesOf(storage)).refusal, undefined);
});

test("RecordImporter refuses a batch that is broken, with the line", async () => {
  const { log, importer } = await importInto(new MemoryStorage());
  const data = bytes("x");
  const refuse = async (line: object, reason: string) => {
    const error = await assertRejects(() => importer.add(line, 7), Error);
    assertStringIncludes(error.message, "Cannot import line 7 because");
    assertStringIncludes(error.message, reason);
  };
  await refuse({ data, lsn: 3 }, "LSN 1 to 2 is missing");
  await importer.add({ data, batch: 3 }, 1);
  await refuse({ data, batch: 2 }, "a batch begins within that of line 1");
  await refuse({ lost: 1 }, "records are lost in the middle of a batch");
  await refuse({ data, lsn: 1 }, "record 1 is out of order: the next one is 2");
  const error = await assertRejects(
    () => Promise.resolve().then(() => importer.requireWhole()),
    Error,
  );
  assertStringIncludes(
    error.message,
    "line 1 because the input ends 2 records before",
  );
  assertEquals(log.lastLsn, 0);
  await log.close(true);
});

test("RecordImporter writes nothing beyond the last LSN there can be", async () => {
  for (const batch of [1, 2]) {
    const storage = new MemoryStorage();
    const { log, importer } = await importInto(storage);
    await importer.add({ lost: Number.MAX_SAFE_INTEGER - 1 }, 1);
    await importer.add({ data: bytes("last"), batch }, 2);
    const error = await assertRejects(
      () => importer.add({ data: bytes("one more") }, 3),
      Error,
    );
    assertStringIncludes(error.message, "line 3 because no LSN is left");
    await importer.sync();
    await log.close(true);
    const wal = await Wal.open(storage);
    assertEquals(wal.lastLsn, Number.MAX_SAFE_INTEGER - batch + 1);
    await wal.close();
  }
});
