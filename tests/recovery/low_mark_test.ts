/*
 * Goal: what was dropped is neither missed nor lost. Method: logs whose low
 * mark lies within a segment, or behind all of them.
 */
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../support/assert.ts";
import { test } from "../support/register.ts";

test("Wal.open() goes on where all was dropped that was never synced", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { syncIntervalMs: Infinity });
  await wal.append("one", { ack: "os" });
  await wal.append("two", { ack: "os" });
  await wal.truncateBefore(3);
  const deaths = [
    storage.kill(),
    storage.crash(() => 0),
    storage.crash((choices) => choices - 1),
  ];
  for (const died of deaths) {
    for (const recovery of ["tail", "strict", "salvage"] as const) {
      await (await Wal.open(died, { recovery })).close();
    }
    const again = await Wal.open(died);
    assertEquals(await again.append("three"), 3);
    await again.close();
  }
});
