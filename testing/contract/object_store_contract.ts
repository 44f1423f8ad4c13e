import assert from "node:assert/strict";
import {
  CERTIFIED_RULES,
  certify,
  type ObjectStore,
  ObjectStoreError,
} from "../../storage/s3/mod.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import { expectBytes, expectEqual } from "./expect.ts";
import type { RegisterTest } from "./storage_contract.ts";
import { pattern } from "./storage_under_test.ts";

/** A place for one test, and the object stores that use it. */
export interface ObjectStorePlace {
  /** The store under test. Its place is empty and belongs to this test alone. */
  readonly store: ObjectStore;
  /**
   * Returns another client of the same place. A store that is its own place
   * returns itself.
   */
  again(): MaybePromise<ObjectStore>;
  /** Removes the place after the test, whether it passed or failed. */
  dispose?(): MaybePromise<void>;
}

/** A rule of the contract, and its check. */
interface Clause {
  readonly name: string;
  check(store: ObjectStore, again: ObjectStore): Promise<void>;
}

/**
 * Registers tests that check an implementation of `ObjectStore` against its
 * contract: what {@linkcode certify} checks, one test for each rule, and what
 * callers rely on in addition.
 *
 * `make` is called once per test, for a separate place. In a test file, call
 * `objectStoreContract(Deno.test, make)`, or pass `test` from `node:test`.
 *
 * The tests cannot check that an object is durable once it is created, nor what
 * happens if the store's servers fail.
 *
 * @example In memory, with a function in place of a test runner
 * ```ts
 * import { MemoryObjectStore } from "@syncline/wal/storage/s3";
 * import { objectStoreContract } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * function make() {
 *   const store = new MemoryObjectStore();
 *   return { store, again: () => store };
 * }
 *
 * const bodies: (() => Promise<void>)[] = [];
 * objectStoreContract((_name, body) => bodies.push(body), make);
 * for (const body of bodies) await body();
 * assert.ok(bodies.length > 15);
 * ```
 */
export function objectStoreContract(
  test: RegisterTest,
  make: () => MaybePromise<ObjectStorePlace>,
): void {
  for (const { name, check } of clauses) {
    test(name, async () => {
      const place = await make();
      try {
        await check(place.store, await place.again());
      } finally {
        await place.dispose?.();
      }
    });
  }
}

const KEY = "b/0000000000000001";

const clauses: readonly Clause[] = [
  ...CERTIFIED_RULES.map((rule): Clause => ({
    name: `the store keeps the rule ${rule}`,
    async check(store, again) {
      const { rules } = await certify(store, {
        ...{ others: [again], keys: 5, racers: 4, flushes: 0, rules: [rule] },
      });
      expectEqual(rules, [{ rule }], "what certify() found");
    },
  })),
  {
    name: "location is text",
    async check(store) {
      await Promise.resolve();
      expectEqual(typeof store.location, "string", "its type");
      expectEqual(store.location === "", false, "whether it is empty");
    },
  },
  {
    name: "create() lets the caller change its bytes afterwards",
    async check(store, again) {
      const whole = pattern(100);
      await store.create(KEY, whole.subarray(10, 90), { id: "1" });
      whole.fill(0);
      const found = await again.get(KEY);
      expectBytes(found!.bytes, pattern(100).subarray(10, 90), "the object");
    },
  },
  {
    name: "get() gives bytes that the caller may change",
    async check(store) {
      await store.create(KEY, pattern(100), { id: "1" });
      (await store.get(KEY))!.bytes.fill(0);
      expectBytes((await store.get(KEY))!.bytes, pattern(100), "the object");
    },
  },
  {
    name: "get() and head() of no object are undefined",
    async check(store) {
      await store.create(`${KEY}1`, pattern(10), { id: "1" });
      expectEqual(await store.get(KEY), undefined, "get()");
      expectEqual(await store.head(KEY), undefined, "head()");
    },
  },
  {
    name: "get() from the end of an object on is an ObjectStoreError",
    async check(store) {
      await store.create(KEY, pattern(10), { id: "1" });
      const error = await errorOf(() =>
        store.get(KEY, { range: { from: 10, to: 20 } })
      );
      assert.ok(error instanceof ObjectStoreError, `found ${error}`);
      expectEqual([error.status, error.key], [416, KEY], "status and key");
    },
  },
  {
    name: "calls for different keys may overlap",
    async check(store, again) {
      const keys = Array.from({ length: 20 }, (_, nth) => `b/${nth}`);
      await Promise.all(
        keys.map((key, nth) =>
          (nth % 2 === 0 ? store : again).create(key, pattern(1000, nth), {
            id: `${nth}`,
          })
        ),
      );
      const found = await Promise.all(keys.map((key) => store.get(key)));
      for (const [nth, object] of found.entries()) {
        expectBytes(object!.bytes, pattern(1000, nth), `object ${nth}`);
        expectEqual(object!.id, `${nth}`, "its id");
      }
    },
  },
  {
    name: "each call rejects with the reason of a signal that was aborted",
    async check(store) {
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      const calls: Record<string, () => Promise<unknown>> = {
        create: () => store.create(KEY, pattern(10), { id: "1", signal }),
        get: () => store.get(KEY, { signal }),
        head: () => store.head(KEY, { signal }),
        list: () => store.list({ signal }),
        remove: () => store.remove(KEY, { signal }),
      };
      for (const [name, call] of Object.entries(calls)) {
        assert.strictEqual(await errorOf(call), reason, `${name}()`);
      }
      expectEqual(await store.head(KEY), undefined, "the object");
    },
  },
];

async function errorOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  assert.fail("expected an error, found none");
}
