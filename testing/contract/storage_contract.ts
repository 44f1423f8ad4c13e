import {
  type StorageClause,
  type StoragePlace,
  StorageUnderTest,
} from "./storage_under_test.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import { fileClauses } from "./file_clauses.ts";
import { linkClauses } from "./link_clauses.ts";
import { lockClauses } from "./lock_clauses.ts";
import { logClauses } from "./log_clauses.ts";
import { nameClauses } from "./name_clauses.ts";
import { preparedClauses } from "./prepared_clauses.ts";

/**
 * Registers the tests that hold an implementation of `Storage` to its contract:
 * what a log relies on, and no more.
 *
 * `make` is called in each test, for a place of its own. A failure says what
 * was expected and found. What a test opened or locked, it closes and releases.
 * The tests check that
 *
 * - `open` makes a file for one caller only, and refuses what exists (`EEXIST`)
 *   or is missing (`ENOENT`), as a `StorageError` with the path;
 * - writes and reads are positioned: over, behind and beyond what is there, of
 *   nothing and of megabytes, in parts of at least a byte, without touching
 *   another byte of a buffer or keeping the caller's;
 * - handles on one file see one another's writes, also under a new name;
 * - `rename` replaces whole, and never leaves the name empty;
 * - `link` gives one file two names, never replaces, and `links` counts them;
 * - `list`, `remove`, `syncDirectory` and `prepare` do as they say;
 * - the lock is exclusive, its epoch rises, and `takeOver` fences the owner;
 * - a `Wal` on it appends, goes on in new segments, truncates, and is opened
 *   again through another object.
 *
 * Methods may answer at once or by a promise. A call that never answers is left
 * to the runner's own timeout.
 *
 * It cannot check what only a power loss, another process or another machine
 * shows: that `datasync`, `syncDirectory` and `prepare` reach the device, that
 * a rename is atomic in a crash and a link durable after `syncDirectory`, that a dead process loses its lock, and that
 * `held` is exact when asked after a sync. Nor does it fill a disk or take
 * permissions away.
 *
 * In a test file it is `storageContract(Deno.test, make)`, or the same with
 * `test` of `node:test`.
 *
 * @example A directory; a function stands in for the runner
 * ```ts
 * import { NodeStorage } from "@syncline/wal/storage";
 * import { storageContract } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync } from "node:fs";
 *
 * function make() {
 *   const parent = mkdtempSync("/tmp/contract-");
 *   const again = () => new NodeStorage(`${parent}/not/there`);
 *   const dispose = () => rmSync(parent, { recursive: true });
 *   return { storage: again(), again, dispose };
 * }
 *
 * const bodies: (() => Promise<void>)[] = [];
 * storageContract((_name, body) => bodies.push(body), make);
 * for (const body of bodies) await body();
 * assert.ok(bodies.length > 40);
 * ```
 */
export function storageContract(
  test: RegisterTest,
  make: () => MaybePromise<StoragePlace>,
): void {
  for (const clause of clauses) test(clause.name, () => hold(clause, make));
}

const clauses: StorageClause[] = [
  ...nameClauses,
  ...linkClauses,
  ...fileClauses,
  ...preparedClauses,
  ...lockClauses,
  ...logClauses,
];

async function hold(
  clause: StorageClause,
  make: () => MaybePromise<StoragePlace>,
): Promise<void> {
  const place = await make();
  const bench = new StorageUnderTest(place);
  try {
    await place.storage.prepare();
    await clause.check(bench);
  } finally {
    await bench.end();
    await place.dispose?.();
  }
}

/**
 * What registers a test with a runner: `Deno.test`, `test` of `node:test` (on
 * Node and Bun), or any function that takes a name and a body. Other runners
 * were not tried.
 *
 * The body passes if it resolves and fails if it rejects. Whoever runs the kit
 * on several subjects in one file puts the subject's name before the test's.
 *
 * @example
 * ```ts
 * import type { RegisterTest } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * const ran: string[] = [];
 * const register: RegisterTest = async (name, body) => {
 *   await body();
 *   ran.push(name);
 * };
 * await register("a test", async () => {});
 * assert.deepEqual(ran, ["a test"]);
 * ```
 */
export type RegisterTest = (
  name: string,
  body: () => Promise<void>,
) => unknown;
