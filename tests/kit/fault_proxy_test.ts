import { MemoryObjectStore } from "../../storage/s3/memory_object_store.ts";
import { S3Store } from "../../storage/s3/s3_store.ts";
import {
  decideFault,
  type Fault,
  FaultProxy,
  FAULTS,
} from "../s3/fault_proxy.ts";
import { assert, assertEquals } from "./assert.ts";
import { BUCKET, CREDENTIALS, withObjectServer } from "./object_server.ts";
import { test } from "./register.ts";

const bytes = new Uint8Array(100_000).fill(7);

/** What happens to a request that meets with one fault, and to the object. */
const ends: Readonly<Record<Fault, { says: string; has: boolean }>> = {
  "none": { says: "created", has: true },
  "delayed": { says: "created", has: true },
  "500": { says: "InternalError", has: false },
  "503": { says: "SlowDown", has: false },
  "reset": { says: "", has: false },
  "answer lost": { says: "", has: true },
  "half sent": { says: "", has: false },
  "half answered": { says: "", has: true },
  "swallowed": { says: "given up", has: false },
  "late": { says: "given up", has: false },
};

for (const fault of FAULTS) {
  test(`FaultProxy does what it says: ${fault}`, async () => {
    const store = new MemoryObjectStore();
    await withObjectServer({ store }, async (endpoint) => {
      await using proxy = await FaultProxy.listen({
        ...{ port: Number(new URL(endpoint).port), seed: 1, share: 1 },
        ...{ faults: [fault], delayMs: 1, lateMs: 1500 },
      });
      const s3 = await S3Store.open(`s3://${BUCKET}/p`, {
        ...{ endpoint: proxy.endpoint, region: "test-region" },
        credentials: CREDENTIALS,
      });
      const waits = fault === "swallowed" || fault === "late";
      const signal = waits ? AbortSignal.timeout(200) : undefined;
      const { says, has } = ends[fault];
      const created = s3.create("a", bytes, { id: "1", signal });
      const said = await created.catch((error) =>
        waits ? "given up" : error.code
      );
      if (says !== "") assertEquals(said, says);
      else assert(said !== "created" && said !== "exists", said);
      assertEquals((await store.head("p/a"))?.id, has ? "1" : undefined);
      assert(proxy.counts[fault] > 0);
      if (fault !== "late") return;
      while (await store.head("p/a") === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  });
}

test("decideFault() depends on the seed and the request alone", () => {
  const decide = (seed: number, share: number) =>
    Array.from(
      { length: 300 },
      (_, nth) => decideFault({ port: 1, seed, share }, nth),
    );
  assertEquals(decide(5, 0.5), decide(5, 0.5));
  assert(decide(5, 0.5).join() !== decide(6, 0.5).join());
  assertEquals(new Set(decide(5, 0.5)).size, FAULTS.length);
  assertEquals(new Set(decide(5, 0)), new Set(["none"]));
});
