/**
 * Goal: an opening whose requests take longer than those of the owner gets ahead
 * of it all the same.
 *
 * @module
 */
import { FencedError } from "../../../../storage/frame_log.ts";
import { MemoryObjectStore } from "../../../../storage/s3/memory_object_store.ts";
import type { ObjectStore } from "../../../../storage/s3/object_store.ts";
import { ObjectLog } from "../../../../storage/s3/log/object_log.ts";
import { SLOT_PREFIX } from "../../../../storage/s3/log/slot_keys.ts";
import { assert, assertEquals, assertRejects } from "../../../kit/assert.ts";
import { frameOf } from "../../../kit/frame_of.ts";
import { test } from "../../../kit/register.ts";

const options = { warn: () => {}, time: () => 1 };

/** Frames that the owner appends at most. */
const MOST = 3000;

for (const window of [1, 4]) {
  for (const speed of [3 * window, 20 * window]) {
    test(`ObjectLog.openLog() catches an owner that appends ${speed} frames while a request is on its way, window ${window}`, async () => {
      const store = new MemoryObjectStore();
      const owner = await new ObjectLog(store, { window }).openLog(options);
      let appended = 0;
      const appendSome = async () => {
        for (let left = speed; left > 0 && appended < MOST; left--) {
          const lsn = owner.lastLsn + 1;
          await owner.pipeline!.commit(frameOf(lsn, ["."]));
          appended++;
        }
      };
      let meanwhile: Promise<void> | undefined;
      let failure: unknown;
      const slow: ObjectStore = {
        location: store.location,
        get: (...args) => store.get(...args),
        head: (...args) => store.head(...args),
        list: (...args) => store.list(...args),
        remove: (...args) => store.remove(...args),
        async create(...args) {
          if (args[0].startsWith(SLOT_PREFIX)) {
            meanwhile ??= appendSome().catch((error) => failure = error)
              .finally(() => meanwhile = undefined);
            await meanwhile;
          }
          return await store.create(...args);
        },
      };
      const log = await new ObjectLog(slow, { window }).openLog(options);
      assert(appended < MOST / 2, `the owner has appended ${appended} frames`);
      assertEquals(log.lastLsn, appended);
      await assertRejects(
        () => owner.pipeline!.commit(frameOf(owner.lastLsn + 1, ["."])),
        FencedError,
      );
      assert(failure === undefined || failure instanceof FencedError);
      await owner.close(false);
      await log.close(true);
    });
  }
}
