import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { AckLevel } from "../../writer/acks.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const { signal } = new AbortController();

/** Each way to append a record, which resolves with its LSN. */
const ways: readonly ((wal: Wal, ack: AckLevel) => Promise<unknown>)[] = [
  (wal, ack) => wal.append("x", { ack }),
  (wal, ack) => wal.append("x", { ack, signal }),
  (wal, ack) => wal.appendBatch(["x"], { ack }),
  (wal, ack) => wal.appendBatch(["x"], { ack, signal }),
];

test("appends resolve in the order of the log, even those that waited for room", async () => {
  for (const ack of ["os", "disk"] as const) {
    for (const first of ways) {
      for (const second of ways) {
        const wal = await Wal.open(new MemoryStorage(), {
          maxQueuedRecords: 2,
        });
        const order: string[] = [];
        const filling = [wal.append("a", { ack }), wal.append("b", { ack })];
        const waited = first(wal, ack).then(() => order.push("waited"));
        // Now it has a place, and there is room for another.
        await filling[0];
        const direct = second(wal, ack).then(() => order.push("direct"));
        await Promise.all([...filling, waited, direct]);
        assertEquals(order, ["waited", "direct"], `${first}, ${second}`);
        await wal.close();
      }
    }
  }
});
