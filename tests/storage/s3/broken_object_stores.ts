import type { CertifiedRule } from "../../../storage/s3/certified_rules.ts";
import { MemoryObjectStore } from "../../../storage/s3/memory_object_store.ts";
import {
  type CreateOptions,
  type GetOptions,
  type ListOptions,
  type ObjectCallOptions,
  type ObjectContent,
  ObjectStoreError,
} from "../../../storage/s3/object_store.ts";

/** A store that breaks one rule, and what has to be said about it. */
export interface BrokenStore {
  readonly how: string;
  readonly rule: CertifiedRule;
  readonly finding: string;
  make(): MemoryObjectStore;
}

/** How a break is written: `memory` is a sound store that it may use. */
type Break = (memory: MemoryObjectStore) => Partial<MemoryObjectStore>;

function broken(
  rule: CertifiedRule,
  how: string,
  finding: string,
  change: Break,
): BrokenStore {
  const make = () => {
    const memory = new MemoryObjectStore();
    const store = {
      location: memory.location,
      create: memory.create.bind(memory),
      get: memory.get.bind(memory),
      head: memory.head.bind(memory),
      list: memory.list.bind(memory),
      remove: memory.remove.bind(memory),
      ...change(memory),
    };
    return store as MemoryObjectStore;
  };
  return { how, rule, finding, make };
}

type CreateArgs = [key: string, bytes: Uint8Array, options: CreateOptions];

/** Each breaks its rule only. */
export const brokenObjectStores: readonly BrokenStore[] = [
  broken(
    "if-none-match",
    "says that it created an object that it kept",
    "a second create of a key succeeded",
    (memory) => ({
      async create(...args: CreateArgs) {
        const isFirst = args[0].includes("/if-none-match/");
        const made = await memory.create(...args);
        return isFirst ? "created" : made;
      },
    }),
  ),
  broken(
    "one-winner",
    "looks first and writes then",
    "If-None-Match is not atomic: 8 of 8 racers won",
    (memory) => {
      return {
        async create(...args: CreateArgs) {
          const [key] = args;
          // The first keys go well: the window is small.
          const nth = /\/one-winner\/(\d+)$/.exec(key)?.[1] ?? 0;
          if (Number(nth) < 3) return await memory.create(...args);
          if (await memory.head(key) !== undefined) return "exists";
          await memory.create(...args);
          return "created";
        },
      };
    },
  ),
  broken(
    "one-winner",
    "keeps the object of a racer that lost",
    "a racer won, but the object is another one's",
    (memory) => ({
      async create(...args: CreateArgs) {
        const [key] = args;
        const made = await memory.create(...args);
        if (made === "created" || !key.includes("/one-winner/")) return made;
        await memory.remove(key);
        await memory.create(...args);
        return made;
      },
    }),
  ),
  broken(
    "refusals-change-nothing",
    "writes what it refuses",
    "a create that was refused changed the object's bytes",
    (memory) => ({
      async create(...args: CreateArgs) {
        const made = await memory.create(...args);
        const [key] = args;
        if (made === "created" || !key.includes("/refusals-")) return made;
        await memory.remove(key);
        await memory.create(...args);
        return made;
      },
    }),
  ),
  broken(
    "refusals-change-nothing",
    "keeps the bytes and takes the id of what it refuses",
    "a create that was refused changed the object's id",
    (memory) => ({
      async create(...args: CreateArgs) {
        const made = await memory.create(...args);
        const [key, bytes, options] = args;
        const isRefused = made === "exists" && bytes.length === 90;
        if (!isRefused || !key.includes("/refusals-")) return made;
        const kept = (await memory.get(key))!.bytes;
        await memory.remove(key);
        await memory.create(key, kept, options);
        return made;
      },
    }),
  ),
  broken(
    "ids",
    "lower-cases ids on lookups",
    "an object has the id",
    (memory) => ({
      async head(key: string, options?: ObjectCallOptions) {
        const found = await memory.head(key, options);
        return found && { ...found, id: found.id?.toLowerCase() };
      },
    }),
  ),
  broken(
    "ids",
    "has no ids on reads of the smallest objects",
    "an object has the id undefined",
    (memory) => ({
      async get(key: string, options?: GetOptions) {
        const found = await memory.get(key, options);
        return found && found.size === 10 ? { ...found, id: undefined } : found;
      },
    }),
  ),
  broken(
    "idempotent-retries",
    "takes objects with the same bytes for one",
    "another create with the same bytes was mistaken for a retry",
    (memory) => ({
      async create(...args: CreateArgs) {
        const made = await memory.create(...args);
        const [key, bytes] = args;
        if (made === "created") return made;
        const found = (await memory.get(key))!.bytes;
        const isSame = found.length === bytes.length &&
          found.every((byte, index) => bytes[index] === byte);
        return isSame ? "created" : made;
      },
    }),
  ),
  broken(
    "whole-bytes",
    "cuts large objects",
    "an object of 1048576 bytes came back changed",
    (memory) => ({
      create: (key: string, bytes: Uint8Array, options: CreateOptions) =>
        memory.create(key, bytes.subarray(0, 1_000_000), options),
    }),
  ),
  broken(
    "whole-bytes",
    "counts the end of a range in",
    "bytes 0 to 1 of 65537 came back changed",
    (memory) => ({
      get: (key: string, { range, ...rest }: GetOptions = {}) =>
        memory.get(key, {
          ...rest,
          range: range && { from: range.from, to: range.to + 1 },
        }),
    }),
  ),
  broken(
    "read-after-write",
    "remembers for a while that there was no object",
    "a lookup after a create did not find the object",
    (memory) => {
      let missing = "";
      return {
        async head(key: string, options?: ObjectCallOptions) {
          const isStale = key === missing;
          const found = isStale ? undefined : await memory.head(key, options);
          missing = isStale || found ? "" : key;
          return found;
        },
        async create(...args: CreateArgs) {
          if (!args[0].includes("/read-after-")) missing = "";
          return await memory.create(...args);
        },
      };
    },
  ),
  broken(
    "read-after-write",
    "remembers the first answer to a read",
    "a read after a create did not get the object",
    (memory) => {
      const missing = new Set<string>();
      return {
        async get(key: string, options?: GetOptions) {
          if (missing.has(key)) return undefined;
          const found = await memory.get(key, options);
          const isMissed = found === undefined && key.includes("/read-after-");
          if (isMissed) missing.add(key);
          return found;
        },
      };
    },
  ),
  broken(
    "list-after-write",
    "lists what was there one write ago",
    "a listing after a create does not show the object",
    (memory) => {
      let newest = "";
      return {
        async create(...args: CreateArgs) {
          const [key] = args;
          newest = key.includes("/list-after-") ? key : "";
          return await memory.create(...args);
        },
        async list(options?: ListOptions) {
          const page = await memory.list(options);
          const objects = page.objects.filter(({ key }) => key !== newest);
          newest = "";
          return { ...page, objects };
        },
      };
    },
  ),
  broken(
    "list-after-write",
    "lists what was removed",
    "a listing shows an object that was not created, or is removed",
    (memory) => {
      let removed: { key: string; size: number }[] = [];
      return {
        async remove(key: string, options?: ObjectCallOptions) {
          removed = key.includes("/list-after-") ? [{ key, size: 10 }] : [];
          await memory.remove(key, options);
        },
        async list(options?: ListOptions) {
          const page = await memory.list(options);
          const shown = removed.filter(({ key }) =>
            key.startsWith(options?.prefix ?? "")
          );
          removed = [];
          return { ...page, objects: [...page.objects, ...shown] };
        },
      };
    },
  ),
  broken(
    "list-order",
    "sorts by folder",
    "a listing is not sorted by bytes: B a a/b a/b/c a/b-c a-b",
    (memory) => ({
      async list(options?: ListOptions) {
        const page = await memory.list(options);
        const folded = (key: string) => key.replaceAll("/", "\t");
        const objects = [...page.objects].sort((a, b) =>
          folded(a.key) < folded(b.key) ? -1 : 1
        );
        return { ...page, objects };
      },
    }),
  ),
  broken(
    "list-pages",
    "begins a page with the key that it should begin after",
    "pages of 1 are wrong",
    (memory) => ({
      async list({ after = "", ...options }: ListOptions = {}) {
        const page = await memory.list({ ...options, after });
        const head = after === "" ? undefined : await memory.head(after);
        const own = head ? [{ key: after, size: head.size }] : [];
        return { ...page, objects: [...own, ...page.objects] };
      },
    }),
  ),
  broken(
    "list-pages",
    "never says that more follows",
    "pages of 1 are wrong",
    (memory) => ({
      list: async (options?: ListOptions) => ({
        ...await memory.list(options),
        isTruncated: false,
      }),
    }),
  ),
  broken(
    "list-pages",
    "answers with an error to a page that begins in the middle",
    "the store cannot do that (501 NotImplemented)",
    (memory) => ({
      async list(options: ListOptions = {}) {
        if (!options.after) return await memory.list(options);
        throw new ObjectStoreError({
          ...{ action: "list", location: "[memory]", key: "" },
          ...{ status: 501, code: "NotImplemented" },
        });
      },
    }),
  ),
  broken(
    "removal",
    "never frees a key",
    "a key is still taken after its removal",
    (memory) => {
      const taken = new Set<string>();
      return {
        async create(...args: CreateArgs) {
          const [key] = args;
          if (taken.has(key)) return "exists";
          return await memory.create(...args);
        },
        async remove(key: string, options?: ObjectCallOptions) {
          if (await memory.head(key) && key.includes("/removal/")) {
            taken.add(key);
          }
          await memory.remove(key, options);
        },
      };
    },
  ),
  broken(
    "removal",
    "keeps what was removed, for lookups",
    "an object is still there after its removal",
    (memory) => {
      const removed = new Set<string>();
      return {
        async remove(key: string, options?: ObjectCallOptions) {
          removed.add(key);
          await memory.remove(key, options);
        },
        async head(key: string, options?: ObjectCallOptions) {
          const found = await memory.head(key, options);
          return found ??
            (removed.has(key) ? { size: 10, id: "1" } : undefined);
        },
      };
    },
  ),
  broken(
    "removal",
    "remembers what was read after it was removed",
    "an object is still there after its removal",
    (memory) => {
      const read = new Map<string, ObjectContent>();
      return {
        async create(...args: CreateArgs) {
          read.delete(args[0]);
          return await memory.create(...args);
        },
        async get(key: string, options?: GetOptions) {
          if (options?.range) return await memory.get(key, options);
          const found = read.get(key) ?? await memory.get(key, options);
          if (found) read.set(key, found);
          return found;
        },
      };
    },
  ),
  broken(
    "removal",
    "remembers what was read until it is read again",
    "a read of a key that was used again gets another object",
    (memory) => {
      const read = new Map<string, ObjectContent>();
      return {
        async get(key: string, options?: GetOptions) {
          if (!key.includes("/removal/")) return await memory.get(key, options);
          const found = await memory.get(key, options);
          const known = read.get(key);
          if (found) read.set(key, found);
          return found && (known ?? found);
        },
      };
    },
  ),
];
