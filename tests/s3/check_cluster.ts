/**
 * The contract of object stores, the certifier, and logs, on a real store: the
 * cluster of cluster.sh, by two gateways. It needs no test runner, so that one
 * program runs on every runtime; `deno task test:s3` starts it.
 *
 * @module
 */
import process from "node:process";
import { certify } from "../../storage/s3/certify.ts";
import { ObjectLog } from "../../storage/s3/mod.ts";
import type { S3Store } from "../../storage/s3/s3_store.ts";
import { objectStoreContract } from "../../testing/contract/object_store_contract.ts";
import { assertEquals } from "../kit/assert.ts";
import { engineChecks } from "../kit/engine_checks.ts";
import { GATEWAYS, openPlace } from "./place.ts";

let places = 0;

/** A new place in the bucket, seen through both gateways. */
async function makePlace() {
  const prefix = `run ${Date.now()}+${process.pid}/ü&<${++places}`;
  const store = await openPlace(GATEWAYS[0], prefix);
  return {
    store,
    again: () => openPlace(GATEWAYS[1], prefix),
    dispose: () => empty(store),
  };
}

async function empty(store: S3Store): Promise<void> {
  const { objects } = await store.list();
  await Promise.all(objects.map(({ key }) => store.remove(key)));
}

type Check = [name: string, body: () => Promise<void>];

const checks: Check[] = [];

objectStoreContract((name, body) => checks.push([name, body]), makePlace);

// The rules are checked above; one run of the certifier is enough.
const certifies = process.argv[2] === "certify";

if (certifies) {
  checks.push(["certify() finds the cluster fit", async () => {
    const { store, again } = await makePlace();
    const others = [await again()];
    const found = await certify(store, { others, keys: 20, flushes: 5 });
    assertEquals(found.rules.filter(({ finding }) => finding), []);
    assertEquals([found.isFit, found.leftovers], [true, undefined]);
    const times = found.flushes.map(({ bytes, p50Ms }) =>
      `${bytes / 1024} KiB ${p50Ms.toFixed(1)} ms`
    );
    console.log(`     p50 of a flush: ${times.join(", ")}`);
  }]);
}

for (const [what, check] of engineChecks) {
  checks.push([`A log on the cluster ${what}`, async () => {
    const { store, again, dispose } = await makePlace();
    const options = { batching: { limitMs: 1 }, pollMs: 20 };
    const other = new ObjectLog(await again(), options);
    await check(new ObjectLog(store, options), other);
    await dispose();
  }]);
}

let failed = 0;
for (const [name, body] of checks) {
  const startedAt = performance.now();
  try {
    await body();
    const tookMs = Math.round(performance.now() - startedAt);
    console.log(`ok   ${name}, ${tookMs} ms`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}`);
    console.log(error);
  }
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
