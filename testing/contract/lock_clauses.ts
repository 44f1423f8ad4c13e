import { expectBytes, expectEqual, expectLocked } from "./expect.ts";
import { pattern, type StorageClause } from "./storage_under_test.ts";

const NAME = "0000000000000001-00000001.wal";

/** What a storage's lock must do. */
export const lockClauses: StorageClause[] = [
  {
    name: "lock() refuses everyone else while it is held",
    async check(bench) {
      const again = await bench.again();
      const owner = await bench.lock();
      for (const storage of [again, bench.storage, again]) {
        await expectLocked(() => bench.lock(storage), "a second lock()");
      }
      expectEqual(await owner.held(), true, "held() of the owner after that");
    },
  },
  {
    name: "lock() lets only one of several calls at once succeed",
    async check(bench) {
      const storages = [bench.storage, await bench.again()];
      const asked = await Promise.allSettled(
        [...storages, ...storages].map((storage) => bench.lock(storage)),
      );
      const won = asked.filter(({ status }) => status === "fulfilled");
      expectEqual(won.length, 1, "how many of 4 got the lock");
      for (const answer of asked) {
        if (answer.status === "fulfilled") continue;
        await expectLocked(() => Promise.reject(answer.reason), "the others");
      }
    },
  },
  {
    name: "release() lets the next owner in",
    async check(bench) {
      const storages = [await bench.again(), bench.storage, bench.storage];
      await (await bench.lock()).release();
      for (const storage of storages) {
        const lock = await bench.lock(storage);
        expectEqual(await lock.held(), true, "held() of the next owner");
        await lock.release();
      }
    },
  },
  {
    name: "epoch is an integer that rises from owner to owner",
    async check(bench) {
      const again = await bench.again();
      let last = 0;
      for (const takeOver of [false, true, false, true]) {
        for (const storage of [bench.storage, again]) {
          const { epoch, release } = await bench.lock(storage, { takeOver });
          expectEqual(Number.isSafeInteger(epoch), true, `${epoch} an integer`);
          expectEqual(epoch > last, true, `${epoch} above ${last}`);
          last = epoch;
          await release();
        }
      }
    },
  },
  {
    name: "lock() makes the epoch higher than above",
    async check(bench) {
      const again = await bench.again();
      let last = (await bench.lock()).epoch;
      // Far above, just above, and below the epoch that would be next anyway.
      for (const more of [100, 1, 0, -1, 5]) {
        for (const storage of [again, bench.storage]) {
          const above = last + more;
          const options = { takeOver: true, above };
          const { epoch, held, release } = await bench.lock(storage, options);
          const expected = Math.max(above, last) + 1;
          expectEqual(epoch >= expected, true, `${epoch} above ${above}`);
          expectEqual(await held(), true, `held() of epoch ${epoch}`);
          await expectLocked(() => bench.lock(), `a lock() at epoch ${epoch}`);
          await release();
          last = epoch;
        }
      }
      const { epoch } = await bench.lock();
      expectEqual(epoch > last, true, `${epoch} above ${last}, without above`);
    },
  },
  {
    name: "lock() with above lets only one of several calls succeed",
    async check(bench) {
      const storages = [bench.storage, await bench.again()];
      const asked = await Promise.allSettled(
        [...storages, ...storages].map((storage, index) =>
          bench.lock(storage, { above: 10 * index })
        ),
      );
      const won = asked.filter(({ status }) => status === "fulfilled");
      expectEqual(won.length, 1, "how many of 4 got the lock");
    },
  },
  {
    name: "held() is true until another owner takes over",
    async check(bench) {
      const owner = await bench.lock();
      await bench.put(NAME, pattern(100));
      await bench.storage.syncDirectory();
      await bench.storage.list();
      for (let asked = 0; asked < 3; asked++) {
        expectEqual(await owner.held(), true, "held() of the owner");
      }
      expectBytes(await bench.get(NAME), pattern(100), "a file under a lock");
    },
  },
  {
    name: "takeOver works if nobody holds the lock",
    async check(bench) {
      const lock = await bench.lock(bench.storage, { takeOver: true });
      expectEqual(await lock.held(), true, "held() of the owner");
    },
  },
  {
    name: "takeOver fences a live owner",
    async check(bench) {
      const again = await bench.again();
      const former = await bench.lock();
      const owner = await bench.lock(again, { takeOver: true });
      expectEqual(await former.held(), false, "held() of the former owner");
      expectEqual(await owner.held(), true, "held() of the new owner");
      const heir = await bench.lock(bench.storage, { takeOver: true });
      const held = [
        await former.held(),
        await owner.held(),
        await heir.held(),
      ];
      expectEqual(held, [false, false, true], "held() of three in a row");
    },
  },
  {
    name: "takeOver leaves the lock exclusive",
    async check(bench) {
      const again = await bench.again();
      await bench.lock();
      await bench.lock(again, { takeOver: true });
      for (const storage of [bench.storage, again]) {
        await expectLocked(() => bench.lock(storage), "a lock() after it");
      }
    },
  },
  {
    name: "release() of a former owner leaves the new one alone",
    async check(bench) {
      const again = await bench.again();
      const former = await bench.lock();
      const owner = await bench.lock(again, { takeOver: true });
      await former.release();
      expectEqual(await owner.held(), true, "held() of the new owner");
      await expectLocked(() => bench.lock(), "a lock() after that");
    },
  },
  {
    name: "a second release() leaves the next owner alone",
    async check(bench) {
      const again = await bench.again();
      const former = await bench.lock();
      await former.release();
      const owner = await bench.lock(again);
      await former.release();
      expectEqual(await owner.held(), true, "held() of the next owner");
      await expectLocked(() => bench.lock(), "a lock() after that");
    },
  },
  {
    name: "renew(), if there is one, gives the same owner a higher epoch",
    async check(bench) {
      let owner = await bench.lock();
      if (owner.renew === undefined) return;
      for (let renewed = 0; renewed < 3; renewed++) {
        const former = owner;
        const next = await former.renew!();
        expectEqual(next !== undefined, true, "a lock for the same owner");
        owner = next!;
        expectEqual(owner.epoch > former.epoch, true, "a higher epoch");
        expectEqual(await former.held(), false, "held() of the former lock");
        await former.release();
        expectEqual(await owner.held(), true, "held() of the new lock");
        await expectLocked(() => bench.lock(), "a lock() after it");
      }
      const again = await bench.again();
      const heir = await bench.lock(again, { takeOver: true });
      expectEqual(heir.epoch > owner.epoch, true, "the next owner above it");
      expectEqual(await owner.held(), false, "held() once another took over");
    },
  },
  {
    name: "renew(), if there is one, gives a displaced owner nothing",
    async check(bench) {
      const again = await bench.again();
      const former = await bench.lock();
      if (former.renew === undefined) return;
      const owner = await bench.lock(again, { takeOver: true });
      expectEqual(await former.renew(), undefined, "renew() of the displaced");
      expectEqual(await owner.held(), true, "held() of the new owner");
      await owner.release();
      expectEqual(await former.renew(), undefined, "renew() after its release");
    },
  },
];
