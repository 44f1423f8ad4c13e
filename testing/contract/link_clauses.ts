import { expectBytes, expectEqual, expectStorageError } from "./expect.ts";
import {
  pattern,
  type StorageClause,
  type StorageUnderTest,
  writeWhole,
} from "./storage_under_test.ts";

/** Names that a log uses: a segment under construction, and a finished one. */
const DRAFT = "0000000000000001-00000001.wal.tmp";
const NAME = "0000000000000001-00000001.wal";
const THIRD = "00000000-00000001.spare";
const MISSING = "0000000000000404-00000001.wal";

/** What a second name for a file must do. */
export const linkClauses: StorageClause[] = [
  {
    name: "link() gives a file a second name, and keeps the first",
    async check(bench) {
      const before = await bench.storage.list();
      await bench.put(DRAFT, pattern(5000));
      await bench.storage.link(DRAFT, NAME);
      const again = await bench.again();
      for (const storage of [bench.storage, again]) {
        const names = [...await storage.list()].sort();
        expectEqual(names, [...before, DRAFT, NAME].sort(), "list()");
        for (const name of [DRAFT, NAME]) {
          const found = await bench.get(name, storage);
          expectBytes(found, pattern(5000), `the file as ${name}`);
        }
      }
    },
  },
  {
    name: "link() gives one file two names: each sees the other's writes",
    async check(bench) {
      await bench.put(DRAFT, pattern(100));
      await bench.storage.link(DRAFT, NAME);
      const again = await bench.again();
      for (const [to, from] of [[NAME, DRAFT], [DRAFT, NAME]]) {
        const reader = await bench.open(from, "read");
        const seed = to.length;
        const writer = await bench.open(to, "write");
        await writeWhole(writer, pattern(50, seed), 80);
        await writer.datasync();
        const expected = new Uint8Array(130);
        expected.set(pattern(100));
        expected.set(pattern(50, seed), 80);
        expectEqual(await reader.size(), 130, "size() by the other name");
        const found = await bench.get(from, again);
        expectBytes(found, expected, "what was written by the other name");
      }
    },
  },
  {
    name: "link() keeps a file that was open under its first name",
    async check(bench) {
      const file = await bench.open(DRAFT, "create");
      await writeWhole(file, pattern(40), 0);
      await bench.storage.link(DRAFT, NAME);
      await bench.storage.syncDirectory();
      await writeWhole(file, pattern(60).subarray(40), 40);
      await file.datasync();
      expectBytes(await bench.get(NAME), pattern(60), "the second name");
    },
  },
  {
    name: "link() refuses a name that is taken, and leaves both files",
    async check(bench) {
      await bench.put(DRAFT, pattern(50, 1));
      await bench.put(NAME, pattern(70, 2));
      for (const storage of [bench.storage, await bench.again()]) {
        const call = () => storage.link(DRAFT, NAME);
        await expectStorageError(call, "EEXIST", NAME, "link to a taken name");
        expectBytes(await bench.get(DRAFT), pattern(50, 1), "the file");
        expectBytes(await bench.get(NAME), pattern(70, 2), "the other file");
      }
    },
  },
  {
    name: "link() refuses the names that the file already has",
    async check(bench) {
      await bench.put(DRAFT, pattern(50));
      await bench.storage.link(DRAFT, NAME);
      for (const to of [DRAFT, NAME]) {
        const call = () => bench.storage.link(DRAFT, to);
        await expectStorageError(call, "EEXIST", to, "link to its own name");
      }
      expectBytes(await bench.get(NAME), pattern(50), "the file");
    },
  },
  {
    name: "link() lets only one of several calls at once take a name",
    check: linkAtOnce,
  },
  {
    name: "link() refuses a missing file, and creates nothing",
    async check(bench) {
      const call = () => bench.storage.link(MISSING, NAME);
      await expectStorageError(
        call,
        "ENOENT",
        MISSING,
        "link of a missing file",
      );
      const names = await bench.storage.list();
      expectEqual(names.includes(NAME), false, "whether link() made a file");
      expectEqual(names.includes(MISSING), false, "whether it made the other");
    },
  },
  {
    name: "remove() of one name keeps the file under the other",
    async check(bench) {
      for (const [gone, kept] of [[DRAFT, NAME], [NAME, DRAFT]]) {
        await bench.put(DRAFT, pattern(50));
        await bench.storage.link(DRAFT, NAME);
        await bench.storage.syncDirectory();
        await bench.storage.remove(gone);
        await bench.storage.syncDirectory();
        const call = () => bench.open(gone, "read");
        await expectStorageError(call, "ENOENT", gone, "open of a gone name");
        const again = await bench.again();
        expectBytes(await bench.get(kept, again), pattern(50), "the other");
        await bench.put(gone, pattern(9, 5));
        expectBytes(await bench.get(kept), pattern(50), "next to a new file");
        await bench.storage.remove(gone);
        await bench.storage.remove(kept);
      }
    },
  },
  {
    name: "links(), if implemented, counts the names of a file",
    check: countLinks,
  },
];

/** The files differ; the losers must not have changed the winner's. */
async function linkAtOnce(bench: StorageUnderTest): Promise<void> {
  const again = await bench.again();
  const drafts = ["a", "b", "c", "d"].map((word) => `${word}.tmp`);
  for (const [index, draft] of drafts.entries()) {
    await bench.put(draft, pattern(50 + index, index + 1));
  }
  const asked = await Promise.allSettled(
    drafts.map(async (draft, index) => {
      await (index < 2 ? bench.storage : again).link(draft, NAME);
      return index;
    }),
  );
  const won = asked.flatMap((one) =>
    one.status === "fulfilled" ? [one.value] : []
  );
  expectEqual(won.length, 1, "how many of 4 got the name");
  const expected = pattern(50 + won[0], won[0] + 1);
  expectBytes(await bench.get(NAME), expected, "the winner's file");
}

/** Without `links`, a log never reuses a file, which is safe. */
async function countLinks(bench: StorageUnderTest): Promise<void> {
  const file = await bench.open(DRAFT, "create");
  if (file.links === undefined) return;
  const again = await bench.again();
  const expectCount = async (count: number, names: string[], when: string) => {
    expectEqual(await file.links!(), count, `links() ${when}`);
    for (const name of names) {
      const other = await bench.open(name, "read", again);
      expectEqual(await other.links?.(), count, `links() of ${name} ${when}`);
      await other.close();
    }
  };
  await expectCount(1, [DRAFT], "at first");
  await bench.put(MISSING, pattern(1));
  await expectCount(1, [DRAFT, MISSING], "next to another file");
  await bench.storage.link(DRAFT, NAME);
  await expectCount(2, [DRAFT, NAME], "after a link");
  await bench.storage.link(NAME, THIRD);
  await expectCount(3, [DRAFT, NAME, THIRD], "after another");
  await bench.storage.remove(DRAFT);
  await expectCount(2, [NAME, THIRD], "after a removal");
  await bench.storage.rename(MISSING, THIRD);
  await expectCount(1, [NAME], "after one name was replaced");
}
