import type { MaybePromise } from "../../storage/storage.ts";
import { fileClauses } from "./file_clauses.ts";
import { linkClauses } from "./link_clauses.ts";
import { lockClauses } from "./lock_clauses.ts";
import { logClauses } from "./log_clauses.ts";
import { nameClauses } from "./name_clauses.ts";
import { overwriteClauses } from "./overwrite_clauses.ts";
import {
  type StorageClause,
  type StoragePlace,
  StorageUnderTest,
} from "./storage_under_test.ts";

/**
 * Registers tests that check an implementation of `Storage` against its
 * contract: everything that a log relies on, and no more.
 *
 * `make` is called once per test, for a separate place. A failure shows what
 * was expected and what was found. Each test closes what it opened and releases
 * what it locked. The tests check that
 *
 * - `open` creates a file for only one caller, and refuses one that exists
 *   (`EEXIST`) or is missing (`ENOENT`) with a `StorageError` that has the
 *   path;
 * - writes and reads are positioned: over, after and beyond existing bytes, of
 *   nothing and of megabytes, in parts of at least a byte, without changing any
 *   other byte of a buffer or keeping the caller's buffer;
 * - handles on one file see one another's writes, even under a new name;
 * - `rename` replaces the whole file, and never leaves the name empty;
 * - `link` gives one file two names and never replaces another; `links` counts
 *   the names;
 * - `list`, `remove`, `syncDirectory` and `prepare` do what they promise;
 * - the lock is exclusive, its epoch rises, and `takeOver` fences the owner;
 * - a `Wal` on the storage appends, continues in new segments, truncates, and
 *   can be opened again through another object.
 *
 * Methods may return their result or a promise of it. A call that never
 * completes is left to the runner's timeout.
 *
 * The tests cannot check what only a power loss, another process or another
 * machine would show: that `datasync`, `syncDirectory` and `prepare` reach the
 * device, that a rename is atomic in a crash and a link durable after
 * `syncDirectory`, that a dead process loses its lock, and that `held` is exact
 * when called after a sync. Nor do they fill a disk or take away permissions.
 *
 * In a test file, call `storageContract(Deno.test, make)`, or pass `test` from
 * `node:test`.
 *
 * @example A directory, with a function in place of a test runner
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
  ...overwriteClauses,
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
 * Registers a test with a runner: `Deno.test`, `test` from `node:test` (on Node
 * and Bun), or any function that takes a name and a body. Other runners have
 * not been tried.
 *
 * The body passes if it resolves, and fails if it rejects. To run the kit on
 * several subjects in one file, prefix each test's name with its subject.
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
