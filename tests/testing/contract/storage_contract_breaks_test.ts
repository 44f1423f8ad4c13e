/**
 * Goal: each test of the storage contract fails on a storage that breaks it.
 *
 * Method: a table of storages that are broken in one way, and of the clause
 * that has to find it. Each clause is in the table.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import { storageContract } from "../../../testing/contract/storage_contract.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { changedPlace } from "../../kit/changed_storage.ts";
import { directoryPlace } from "../../kit/directory_place.ts";
import { failuresOf, testNames } from "../../kit/failures_of.ts";
import { test } from "../../kit/register.ts";
import { brokenFiles } from "./broken_files.ts";
import { brokenLinks } from "./broken_links.ts";
import { brokenLocks } from "./broken_locks.ts";
import { brokenLogs } from "./broken_logs.ts";
import { brokenNames } from "./broken_names.ts";

const table = [
  ...brokenNames,
  ...brokenLinks,
  ...brokenFiles,
  ...brokenLocks,
  ...brokenLogs,
];

for (const [how, clause, change] of table) {
  test(`storageContract() finds that ${how}`, async () => {
    const failures = await failuresOf(
      (register) => storageContract(register, () => changedPlace(change)),
      [clause],
    );
    assertEquals([...failures.keys()], [clause]);
  });
}

test("storageContract() finds that prepare() makes no parents", async () => {
  class Shallow extends NodeStorage {
    override prepare() {
      this.attempt("make", this.location, () => mkdirSync(this.location));
    }
  }
  const clause = "location and warning() are text";
  const failures = await failuresOf(
    (register) =>
      storageContract(
        register,
        () => directoryPlace((directory) => new Shallow(directory)),
      ),
    [clause],
  );
  assertStringIncludes(failures.get(clause)?.message ?? "", "ENOENT");
});

test("storageContract() has no test that finds nothing", () => {
  const clauses = testNames((register) =>
    storageContract(register, () => changedPlace({}))
  );
  const named = new Set(table.map(([, clause]) => clause));
  assertEquals(clauses.filter((clause) => !named.has(clause)), []);
  assertEquals(new Set(clauses).size, clauses.length);
});

test("storageContract() passes on the storage that the breaks are made of", async () => {
  const failures = await failuresOf((register) =>
    storageContract(register, () => changedPlace({}))
  );
  assertEquals([...failures.keys()], []);
});
