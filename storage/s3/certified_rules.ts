import type { ObjectContent } from "./object_store.ts";
import { allEnded, newId, type RuleBench, tryToCreate } from "./rule_bench.ts";

/** A rule that a log on object storage relies on. */
interface Rule {
  readonly name: CertifiedRule;
  /** Resolves with what breaks the rule, or `undefined` if nothing does. */
  check(bench: RuleBench, prefix: string): Promise<string | undefined>;
}

/**
 * A rule of {@linkcode certify}, by its name:
 *
 * - `if-none-match`: an object is not created if there is one;
 * - `one-winner`: of many that create an object at once, one succeeds;
 * - `refusals-change-nothing`: a refused create leaves the object as it was;
 * - `ids`: the id of an object comes back from both lookups and reads;
 * - `idempotent-retries`: a try that is repeated finds the first one's object;
 * - `whole-bytes`: objects of 0 bytes to 1 MiB come back whole, and in ranges;
 * - `read-after-write`: an object can be read as soon as it is created, even if
 *   somebody has asked for it before;
 * - `list-after-write`: a listing shows what was created and not what was
 *   removed, at once;
 * - `list-order`: a listing is sorted by the bytes of the keys;
 * - `list-pages`: pages are as long as asked for, and together whole;
 * - `removal`: a removed key is free, and one that is not there can be removed;
 *   nobody sees what was removed, even if they have read it before.
 */
export type CertifiedRule =
  | "if-none-match"
  | "one-winner"
  | "refusals-change-nothing"
  | "ids"
  | "idempotent-retries"
  | "whole-bytes"
  | "read-after-write"
  | "list-after-write"
  | "list-order"
  | "list-pages"
  | "removal";

/** With this many keys that all racers won, there is no need to go on. */
const HOPELESS_KEYS = 10;

const MOST_BYTES = 1024 * 1024;

/** In the order of their bytes, which few other orders agree with. */
const ORDERED = [
  ...["B", "a", "a-b", "a.b", "a/b", "a/b-c", "a/b/c", "a0", "a10", "a9"],
  ...["aB", "a_", "aa"],
];

/** How often a rule is checked that does not depend on luck. */
const TRIES = 5;

/** Bytes without a short period. */
function pattern(length: number, seed = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    bytes[index] = Math.imul(index + seed, 2654435761) >>> 21;
  }
  return bytes;
}

function isSame(found: ObjectContent | undefined, bytes: Uint8Array): boolean {
  return found?.bytes.length === bytes.length &&
    bytes.every((byte, index) => found.bytes[index] === byte);
}

/** The rules, in the order in which they are checked. */
export const RULES: readonly Rule[] = [
  {
    name: "if-none-match",
    async check(bench, prefix) {
      for (let nth = 0; nth < TRIES; nth++) {
        const key = `${prefix}${nth}`;
        await tryToCreate(bench, 0, key, pattern(100), newId());
        const again = await tryToCreate(bench, 0, key, pattern(90), newId());
        if (again === "exists") continue;
        return "If-None-Match is ignored: a second create of a key succeeded";
      }
    },
  },
  { name: "one-winner", check: race },
  {
    name: "refusals-change-nothing",
    async check(bench, prefix) {
      const { stores: [store], signal } = bench;
      for (let nth = 0; nth < TRIES; nth++) {
        const key = `${prefix}${nth}`;
        const id = newId();
        await store.create(key, pattern(100), { id, signal });
        await tryToCreate(bench, 0, key, pattern(90, 7), newId());
        const found = await store.get(key, { signal });
        if (!isSame(found, pattern(100))) {
          return "a create that was refused changed the object's bytes";
        }
        if (found?.id !== id) {
          return "a create that was refused changed the object's id";
        }
      }
    },
  },
  {
    name: "ids",
    async check({ stores: [store], signal }, prefix) {
      const ids = [
        newId(),
        "~",
        "!#$%&'()*+,-./:;<=>?@[]^_`{|}",
        "A".repeat(200),
      ];
      for (const [nth, id] of ids.entries()) {
        const key = `${prefix}${nth}`;
        await store.create(key, pattern(10), { id, signal });
        const head = await store.head(key, { signal });
        const whole = await store.get(key, { signal });
        for (const found of [head?.id, whole?.id]) {
          if (found === id) continue;
          return `an object has the id ${
            JSON.stringify(found)
          } instead of "${id}"`;
        }
      }
    },
  },
  { name: "idempotent-retries", check: retry },
  {
    name: "whole-bytes",
    async check({ stores: [store], signal }, prefix) {
      for (const size of [0, 1, 65_537, MOST_BYTES]) {
        const key = `${prefix}${size}`;
        await store.create(key, pattern(size), { id: newId(), signal });
        const whole = await store.get(key, { signal });
        if (!isSame(whole, pattern(size)) || whole?.size !== size) {
          return `an object of ${size} bytes came back changed`;
        }
        const head = await store.head(key, { signal });
        if (head?.size !== size) {
          return `an object of ${size} bytes has a size of ${head?.size}`;
        }
        if (size < 2) continue;
        for (const [from, to] of [[0, 1], [100, 5000], [size - 9, size + 9]]) {
          const range = { from, to };
          const part = await store.get(key, { range, signal });
          if (
            part?.size === size && isSame(part, pattern(size).slice(from, to))
          ) {
            continue;
          }
          return `bytes ${from} to ${to} of ${size} came back changed`;
        }
      }
    },
  },
  {
    name: "read-after-write",
    async check({ stores, signal }, prefix) {
      for (let nth = 0; nth < 4 * TRIES; nth++) {
        const key = `${prefix}${nth}`;
        const writer = stores[nth % stores.length];
        const reader = stores[(nth + 1) % stores.length];
        const early = await reader.head(key, { signal }) ??
          await reader.get(key, { signal });
        if (early !== undefined) return "an object was there before its create";
        const id = newId();
        await writer.create(key, pattern(100, nth), { id, signal });
        const head = await reader.head(key, { signal });
        if (head === undefined) {
          return "a lookup after a create did not find the object";
        }
        const whole = await reader.get(key, { signal });
        if (!isSame(whole, pattern(100, nth))) {
          return "a read after a create did not get the object";
        }
      }
    },
  },
  {
    name: "list-after-write",
    async check({ stores, signal }, prefix) {
      const listed = async (nth: number) => {
        const reader = stores[(nth + 1) % stores.length];
        const { objects } = await reader.list({ prefix, signal });
        return objects.map(({ key }) => key).join();
      };
      for (let nth = 0; nth < 2 * TRIES; nth++) {
        const key = `${prefix}${nth}`;
        const writer = stores[nth % stores.length];
        if (await listed(nth) !== "") {
          return "a listing shows an object that was not created, or is removed";
        }
        await writer.create(key, pattern(10), { id: newId(), signal });
        if (await listed(nth) !== key) {
          return "a listing after a create does not show the object";
        }
        await writer.remove(key, { signal });
      }
      if (await listed(0) !== "") return "a listing shows a removed object";
    },
  },
  {
    name: "list-order",
    async check({ stores: [store], signal }, prefix) {
      for (let nth = 0; nth < ORDERED.length; nth++) {
        const key = prefix + ORDERED[nth * 5 % ORDERED.length];
        await store.create(key, pattern(nth), { id: newId(), signal });
      }
      const { objects } = await store.list({ prefix, signal });
      const found = objects.map(({ key }) => key.slice(prefix.length));
      if (found.join(" ") === ORDERED.join(" ")) return;
      return `a listing is not sorted by bytes: ${found.join(" ")}`;
    },
  },
  { name: "list-pages", check: listPages },
  {
    name: "removal",
    async check({ stores, signal }, prefix) {
      const [store] = stores;
      const key = `${prefix}key`;
      for (let nth = 0; nth < TRIES; nth++) {
        await store.remove(key, { signal });
        const [id, bytes] = [newId(), pattern(10, nth)];
        const made = await store.create(key, bytes, { id, signal });
        if (made === "exists") return "a key is still taken after its removal";
        for (const reader of stores) {
          if (isSame(await reader.get(key, { signal }), bytes)) continue;
          return "a read of a key that was used again gets another object";
        }
        await store.remove(key, { signal });
        for (const reader of stores) {
          const found = await reader.head(key, { signal }) ??
            await reader.get(key, { signal });
          if (found) return "an object is still there after its removal";
        }
      }
    },
  },
];

/** Many create an object at once, by all ways; exactly one must succeed. */
async function race(
  bench: RuleBench,
  prefix: string,
): Promise<string | undefined> {
  const { stores, keys, racers, signal } = bench;
  let brokenKeys = 0;
  let most = 0;
  let nth = 0;
  for (; nth < keys; nth++) {
    if (brokenKeys === HOPELESS_KEYS && nth === HOPELESS_KEYS) break;
    const key = `${prefix}${nth}`;
    const outcomes = await allEnded(
      Array.from({ length: racers }, async (_, racer) => {
        const id = newId();
        const bytes = pattern(64, racer * 64);
        const made = await tryToCreate(bench, racer, key, bytes, id);
        return { id, bytes, made };
      }),
    );
    const winners = outcomes.filter(({ made }) => made === "created");
    most = Math.max(most, winners.length);
    if (winners.length !== 1) {
      brokenKeys++;
      continue;
    }
    const [winner] = winners;
    const found = await stores[0].get(key, { signal });
    if (!isSame(found, winner.bytes) || found?.id !== winner.id) {
      return `a racer won, but the object is another one's (key ${nth + 1})`;
    }
  }
  if (brokenKeys === 0) return undefined;
  if (most === 0) return `no racer won: ${brokenKeys} of ${nth} keys`;
  const isIgnored = brokenKeys === nth && most === racers;
  const found = `${most} of ${racers} racers won`;
  return isIgnored
    ? `If-None-Match is ignored: ${found}`
    : `If-None-Match is not atomic: ${found} a key, and ${brokenKeys} of ` +
      `${nth} keys had not one winner`;
}

/** The same try again, later and at once, and others with the same bytes. */
async function retry(
  bench: RuleBench,
  prefix: string,
): Promise<string | undefined> {
  const { stores, signal } = bench;
  const other = stores.at(-1)!;
  for (let nth = 0; nth < TRIES; nth++) {
    const [key, bytes, id] = [`${prefix}${nth}`, pattern(100, nth), newId()];
    const tries = await allEnded([
      tryToCreate(bench, 0, key, bytes, id),
      other.create(key, bytes, { id, signal }),
    ]);
    if (tries[1] !== "created") {
      return "a repeated try did not find that the first one had succeeded";
    }
    if (await other.create(key, bytes, { id: newId(), signal }) === "created") {
      return "another create with the same bytes was mistaken for a retry";
    }
    if (await other.create(key, bytes, { id, signal }) !== "created") {
      return "a repeated try was mistaken for another one's";
    }
  }
}

/** Pages of a listing, from the beginning and from keys that are not there. */
async function listPages(
  { stores: [store], signal }: RuleBench,
  prefix: string,
): Promise<string | undefined> {
  const keys = Array.from({ length: 25 }, (_, nth) => `${prefix}b/${nth + 10}`);
  const others = ["a/99", "b", "b-/1", "c/10"].map((name) => prefix + name);
  for (const key of [...others, ...keys]) {
    await store.create(key, pattern(10), { id: newId(), signal });
  }
  const under = { prefix: `${prefix}b/`, signal };
  for (const limit of [1, 10, 24, 25, 26, 1000]) {
    const found: string[] = [];
    for (let isTruncated = true; isTruncated;) {
      const after = found.at(-1);
      const page = await store.list({ ...under, limit, after });
      found.push(...page.objects.map(({ key }) => key));
      isTruncated = page.isTruncated;
      const expected = keys.slice(0, found.length);
      const isDue = isTruncated === found.length < keys.length;
      const isShort = page.objects.length <= limit &&
        (page.objects.length > 0 || !isTruncated);
      if (found.join() === expected.join() && isDue && isShort) continue;
      return `pages of ${limit} are wrong: after "${after ?? ""}" came ` +
        `${page.objects.length} of ${keys.length} keys`;
    }
  }
  for (const [after, first] of [["b/1", 0], ["b/14x", 5], ["b/99", 25]]) {
    const page = await store.list({ ...under, after: `${prefix}${after}` });
    if (page.objects[0]?.key === keys[first as number]) continue;
    return `a page after "${after}" begins with "${page.objects[0]?.key}"`;
  }
}
