import { MemoryObjectStore } from "../../../../storage/s3/memory_object_store.ts";
import { assertEquals } from "../../../kit/assert.ts";
import { readRange } from "../../../kit/read_object_log.ts";
import { test } from "../../../kit/register.ts";
import { ScriptedObjectLog } from "../../../kit/scripted_object_log.ts";

/** A log with everything that can be in a slot. */
async function everything(
  store: MemoryObjectStore,
): Promise<ScriptedObjectLog> {
  const log = await new ScriptedObjectLog(store).create();
  await log.mark();
  await log.frame(["a", "b", "c"]);
  await log.frame(["d"]);
  await log.mark("meta");
  await log.fence(2);
  // A latecomer.
  await log.frame(["x"], { firstLsn: 6 });
  log.epoch = 2;
  await log.mark("more");
  await log.hole(2);
  // Sent again later.
  await log.frame(["y"], { firstLsn: 8 });
  await log.frame(["g"]);
  await log.frame(["h", "i"]);
  return log;
}

test("SlotReads reads from and to each record", async () => {
  const log = await everything(new MemoryObjectStore());
  for (let from = 1; from <= 9; from++) {
    for (let to = from; to <= 9; to++) {
      const expected = [...log.records].slice(from - 1, to);
      assertEquals([...await readRange(log, from, to)], expected);
    }
  }
});
