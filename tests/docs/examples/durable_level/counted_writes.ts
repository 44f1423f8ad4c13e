import type { DurableLevel } from "../../../../docs/examples/durable-level/durable_level.ts";
import { assertEquals } from "../../../kit/assert.ts";

/*
 * Writes that say what must be in a database: write `i` changes several keys as
 * a function of `i`, and counts itself. So whatever a crash leaves must be
 * exactly what the first writes lead to.
 */

/** Write number `i`, from 1 on: what `batch` is called with. */
export function writeNumber(i: number) {
  const value = `${i}`.padStart(60, ".");
  return [
    { type: "put" as const, key: "count", value: `${i}` },
    { type: "put" as const, key: `a${i % 3}`, value },
    { type: "put" as const, key: `b${i % 4}`, value },
    { type: "del" as const, key: `b${(i + 1) % 4}` },
  ];
}

/** How many writes are there; throws if a part of one is, or is not. */
export async function countWrites(db: DurableLevel): Promise<number> {
  const count = Number(await db.get("count") ?? 0);
  const map = new Map<string, string>();
  // The last twelve have replaced what others had put.
  for (let i = Math.max(1, count - 11); i <= count; i++) {
    for (const operation of writeNumber(i)) {
      if (operation.type === "put") map.set(operation.key, operation.value);
      else map.delete(operation.key);
    }
  }
  const expected = [...map].sort(([a], [b]) => a < b ? -1 : 1);
  assertEquals(await db.iterator().all(), expected);
  return count;
}
