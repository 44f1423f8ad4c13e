import assert from "node:assert/strict";
import { parseSegmentName } from "../../storage/format/mod.ts";
import { FencedError } from "../../storage/frame_log.ts";
import type { Storage } from "../../storage/storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import { expectEqual, expectLocked } from "./expect.ts";
import type { StorageClause } from "./storage_under_test.ts";

/** A segment of this size holds four records of 900 bytes. */
const SEGMENT_BYTES = 4096;

/** What a log on the storage must do. */
export const logClauses: StorageClause[] = [
  {
    name: "a Wal finds its records when it is opened again",
    async check(bench) {
      for (const first of [1, 4, 7]) {
        const storage = first === 4 ? await bench.again() : bench.storage;
        await withWal(storage, async (wal) => {
          expectEqual(await textsOf(wal), names(1, first - 1), "its records");
          await appendEach(wal, names(first, first + 2));
        });
      }
    },
  },
  {
    name: "a Wal continues in new segments, and reads across them",
    async check(bench) {
      await withWal(bench.storage, async (wal) => {
        await appendEach(wal, names(1, 20));
        expectEqual(await textsOf(wal), names(1, 20), "while it is open");
      });
      await withWal(await bench.again(), async (wal) => {
        expectEqual(await textsOf(wal), names(1, 20), "opened again");
      });
    },
  },
  {
    name: "a Wal drops old segments for good, and keeps the others",
    async check(bench) {
      const kept = names(35, 44);
      await withWal(bench.storage, async (wal) => {
        await appendEach(wal, names(1, 40));
        const before = await countSegments(bench.storage);
        await wal.truncateBefore(35);
        const count = await countSegments(bench.storage);
        assert.ok(
          count < before / 2,
          `truncateBefore() left ${count} of ${before} segments`,
        );
        await appendEach(wal, names(41, 44));
        expectEqual(await textsOf(wal), kept, "the records from 35 on");
      });
      await withWal(await bench.again(), async (wal) => {
        expectEqual(await textsOf(wal), kept, "the rest, opened again");
      });
    },
  },
  {
    name: "a Wal appends, reads and truncates at the same time",
    async check(bench) {
      await withWal(bench.storage, async (wal) => {
        await appendEach(wal, names(1, 12));
        const [appended, texts] = await Promise.all([
          Promise.all(names(13, 24).map((name) => wal.append(record(name)))),
          textsOf(wal, { from: 9, to: 12 }),
          wal.truncateBefore(5),
        ]);
        expectEqual(appended.at(-1), 24, "the last LSN");
        expectEqual(texts, names(9, 12), "what was read at the same time");
        expectEqual(await textsOf(wal, { from: 9 }), names(9, 24), "all");
      });
    },
  },
  {
    name: "a Wal has exclusive use of the storage until it is closed",
    async check(bench) {
      const again = await bench.again();
      await withWal(bench.storage, async () => {
        const second = () => Wal.open(again).then((wal) => wal.close());
        await expectLocked(second, "a second Wal");
      });
      await withWal(again, async (wal) => {
        expectEqual(await wal.append("after it"), 1, "the LSN");
      });
    },
  },
  {
    name: "a displaced Wal acknowledges nothing further",
    async check(bench) {
      await withWal(bench.storage, async (former) => {
        await appendEach(former, names(1, 3));
        const options = { takeOver: true };
        await withWal(await bench.again(), async (owner) => {
          expectEqual(await textsOf(owner), names(1, 3), "what it took over");
          const outcome = await former.append("late").catch((error) => error);
          assert.ok(
            outcome instanceof LogFailedError &&
              outcome.cause instanceof FencedError,
            `a late append: expected a FencedError, found ${outcome}`,
          );
          await appendEach(owner, names(4, 6));
          expectEqual(await textsOf(owner), names(1, 6), "in the end");
        }, options);
      });
    },
  },
];

/** Calls `use` with a log on `storage`, and closes the log in any case. */
async function withWal(
  storage: Storage,
  use: (wal: Wal) => Promise<void>,
  options: WalOptions = {},
): Promise<void> {
  const warn = () => {};
  const segmentBytes = SEGMENT_BYTES;
  const wal = await Wal.open(storage, { segmentBytes, warn, ...options });
  try {
    await use(wal);
  } catch (error) {
    await wal.close().catch(() => {});
    throw error;
  }
  await wal.close();
}

/** Appends each record in a separate frame. */
async function appendEach(wal: Wal, names: string[]): Promise<void> {
  for (const name of names) await wal.append(record(name));
}

async function countSegments(storage: Storage): Promise<number> {
  const names = await storage.list();
  return names.filter((name) => parseSegmentName(name) !== undefined).length;
}

async function textsOf(
  wal: Wal,
  options?: { from?: number; to?: number },
): Promise<string[]> {
  const texts: string[] = [];
  for await (const { data } of wal.read(options)) {
    texts.push(new TextDecoder().decode(data).trimEnd());
  }
  return texts;
}

function names(first: number, last: number): string[] {
  const count = last - first + 1;
  return Array.from({ length: count }, (_, index) => `record ${first + index}`);
}

function record(name: string): string {
  return name.padEnd(900);
}
