/**
 * The contract of object stores and the certifier, on a real store: the cluster
 * of cluster.sh, by two gateways. It needs no test runner, so that one program
 * runs on every runtime; `deno task test:s3` starts it.
 *
 * @module
 */
import process from "node:process";
import { certify } from "../../storage/s3/certify.ts";
import { RetryingStore } from "../../storage/s3/retrying_store.ts";
import { objectStoreContract } from "../../testing/contract/object_store_contract.ts";
import { assertEquals } from "../kit/assert.ts";
import { GATEWAYS, makeBucket, openPlace } from "./place.ts";

/** What the runner does to the cluster while a check runs. */
const chaos = process.argv[2];

let places = 0;

/** A new place in the bucket, seen through both gateways. */
async function makePlace() {
  const prefix = `run ${Date.now()}+${process.pid}/ü&<${++places}`;
  const store = await openPlace(GATEWAYS[0], prefix);
  return {
    store,
    again: () => openPlace(GATEWAYS[1], prefix),
    async dispose() {
      const { objects } = await store.list();
      await Promise.all(objects.map(({ key }) => store.remove(key)));
    },
  };
}

type Check = [name: string, body: () => Promise<void>];

const checks: Check[] = [];

if (chaos === undefined) {
  objectStoreContract((name, body) => checks.push([name, body]), makePlace);
  checks.push(["certify() finds the cluster fit", async () => {
    const { store, again } = await makePlace();
    const others = [await again()];
    const found = await certify(store, { others, keys: 40, flushes: 10 });
    assertEquals(found.rules.filter(({ finding }) => finding), []);
    assertEquals([found.isFit, found.leftovers], [true, undefined]);
    const times = found.flushes.map(({ bytes, p50Ms }) =>
      `${bytes / 1024} KiB ${p50Ms.toFixed(1)} ms`
    );
    console.log(`     p50 of a flush: ${times.join(", ")}`);
  }]);
} else {
  checks.push([
    `RetryingStore loses nothing that it acknowledged: ${chaos}`,
    createDuringChaos,
  ]);
}

/** Creates objects while daemons are killed; the runner hears of each 20. */
async function createDuringChaos(): Promise<void> {
  const { store, again, dispose } = await makePlace();
  const writer = new RetryingStore(store, { tryMs: 2000, deadlineMs: 60_000 });
  const bytes = new Uint8Array(4096).fill(7);
  const keys = Array.from(
    { length: 200 },
    (_, nth) => `b/${String(nth).padStart(4, "0")}`,
  );
  let longestMs = 0;
  for (const [nth, key] of keys.entries()) {
    const startedAt = performance.now();
    const id = `${nth}`;
    assertEquals(await writer.create(key, bytes, { id }), "created");
    longestMs = Math.max(longestMs, performance.now() - startedAt);
    if (nth === 20) console.log("now");
  }
  const reader = new RetryingStore(await again());
  const { objects } = await reader.list({ prefix: "b/" });
  assertEquals(objects.map(({ key }) => key), keys);
  for (const [nth, key] of keys.entries()) {
    const found = await reader.get(key);
    assertEquals([found!.id, found!.bytes.length], [`${nth}`, 4096]);
  }
  console.log(`     the longest create took ${Math.round(longestMs)} ms`);
  await dispose();
}

await makeBucket();
let failed = 0;
for (const [name, body] of checks) {
  try {
    await body();
    console.log(`ok   ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}`);
    console.log(error);
  }
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
