import {
  requireInteger,
  requireOneOf,
  requireOptions,
} from "../../argument.ts";
import { type CertifiedRule, RULES } from "./certified_rules.ts";
import { type ObjectStore, ObjectStoreError } from "./object_store.ts";
import {
  type RetryClock,
  RetryingStore,
  type RetryOptions,
  systemClock,
  TRY_MS,
  UnknownOutcomeError,
} from "./retrying_store.ts";
import { allEnded, newId, type RuleBench } from "./rule_bench.ts";

/** The names of all rules, in the order in which they are checked. */
export const CERTIFIED_RULES: readonly CertifiedRule[] = RULES.map(({ name }) =>
  name
);

/** Options of {@linkcode certify}. */
export interface CertifyOptions {
  /**
   * Other ways to the same place, such as other gateways of the store: racers
   * take all of them in turn. Default: none.
   */
  readonly others?: readonly ObjectStore[] | undefined;
  /** How many keys to race for, at least 1. Default: 900. */
  readonly keys?: number | undefined;
  /** How many create each of them at once, at least 2. Default: 8. */
  readonly racers?: number | undefined;
  /** How many flushes of each size are timed; may be 0. Default: 100. */
  readonly flushes?: number | undefined;
  /** Which rules to check. Default: all. */
  readonly rules?: readonly CertifiedRule[] | undefined;
  /** How calls are repeated that fail. Default: as `RetryingStore` does. */
  readonly retry?: RetryOptions | undefined;
  /** Ends it; it still removes what it created. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each rule. */
  readonly onRule?: ((report: RuleReport) => void) | undefined;
  /**
   * Called with what the keys begin with that could not be removed, even if it
   * fails or is ended.
   */
  readonly onLeftovers?: ((prefix: string) => void) | undefined;
}

const KNOWN = [
  ...["others", "keys", "racers", "flushes", "rules", "retry", "signal"],
  ...["onRule", "onLeftovers"],
];

/** How a store did by one rule. */
export interface RuleReport {
  /** The rule. */
  readonly rule: CertifiedRule;
  /** How the store breaks it; absent if it does not. */
  readonly finding?: string | undefined;
}

/** How long flushes of one size took: one conditional write after another. */
export interface FlushReport {
  /** Bytes of an object. */
  readonly bytes: number;
  /** How many were timed. */
  readonly count: number;
  /** Median, in ms. */
  readonly p50Ms: number;
  /** The 99th percentile, in ms; absent if fewer than 100 were timed. */
  readonly p99Ms?: number | undefined;
}

/** What {@linkcode certify} found. */
export interface Certificate {
  /** Where the store is. */
  readonly location: string;
  /** Whether it keeps all rules that were checked. */
  readonly isFit: boolean;
  /** How many keys were raced for, at most. */
  readonly keys: number;
  /** How many raced for each. */
  readonly racers: number;
  /** Each rule that was checked, in order. */
  readonly rules: readonly RuleReport[];
  /** Times of flushes by size, smallest first; empty if none were asked for. */
  readonly flushes: readonly FlushReport[];
  /** Requests that were made, by what stores charge for. */
  readonly requests: {
    /** Conditional writes and listings. */
    readonly writes: number;
    /** Reads and lookups. */
    readonly reads: number;
    /** Removals. */
    readonly removals: number;
  };
  /**
   * What the keys begin with that could not be removed, because a removal or a
   * listing failed; absent if nothing was left.
   */
  readonly leftovers?: string | undefined;
}

const CERTIFY = "certify an object store";

const FLUSH_BYTES = [1024, 64 * 1024, 1024 * 1024];

/** How many removals at once. */
const CLEANERS = 8;

/** With fewer, a 99th percentile is the maximum. */
const LEAST_FOR_P99 = 100;

/** After this, a request that was given up has been applied, or never will be. */
const SETTLE_MS = 1000;

/** How long a call may take for somebody who has asked for the end. */
const IMPATIENT_MS = 5000;

/**
 * Finds out whether a store keeps what a log on object storage relies on, and
 * how long a flush takes there. It creates objects below a key of its own,
 * `certify-…`, and removes them in the end; if it is killed they stay, and may
 * be deleted.
 *
 * A store that breaks a rule is not fit: a log there could lose acknowledged
 * records, or have two owners. The opposite cannot be proved by trying: a race
 * that was not seen may still be lost. What a store promises is in its manual.
 *
 * By default it makes about 10,000 requests, 7,700 of them conditional writes,
 * and sends 113 MB. It takes as long as those take, at most 8 at a time.
 *
 * Rejects with an {@linkcode ObjectStoreError} if the store cannot be judged:
 * it does not answer, the bucket is not there, access is denied; and with the
 * signal's reason.
 *
 * @example
 * ```ts
 * import { certify, MemoryObjectStore } from "@syncline/wal/storage/s3";
 * import assert from "node:assert/strict";
 *
 * // A store that accepts every write.
 * class Careless extends MemoryObjectStore {
 *   override async create(
 *     ...args: Parameters<MemoryObjectStore["create"]>
 *   ): Promise<"created" | "exists"> {
 *     await this.remove(args[0]);
 *     await super.create(...args);
 *     return "created";
 *   }
 * }
 * const found = await certify(new Careless(), {
 *   keys: 10,
 *   flushes: 0,
 *   rules: ["one-winner"],
 * });
 * assert.equal(found.isFit, false);
 * assert.equal(
 *   found.rules[0].finding,
 *   "If-None-Match is ignored: 8 of 8 racers won",
 * );
 * ```
 */
export async function certify(
  store: ObjectStore,
  options: CertifyOptions = {},
): Promise<Certificate> {
  requireOptions(CERTIFY, options, KNOWN);
  const { others = [], keys = 900, racers = 8, flushes = 100 } = options;
  const { signal, onRule, onLeftovers, rules = CERTIFIED_RULES } = options;
  requireInteger(CERTIFY, "keys", keys);
  requireInteger(CERTIFY, "racers", racers, 2);
  requireInteger(CERTIFY, "flushes", flushes, 0);
  for (const rule of rules) {
    requireOneOf(CERTIFY, "a rule", rule, CERTIFIED_RULES);
  }
  const requests = { writes: 0, reads: 0, removals: 0 };
  const bare = [store, ...others].map((one) => counted(one, requests));
  const stores = bare.map((one) => new RetryingStore(one, options.retry));
  const { clock = systemClock, tryMs = TRY_MS } = options.retry ?? {};
  const bench = { stores, bare, keys, racers, tryMs, clock, signal };
  const scratch = `certify-${crypto.randomUUID()}/`;
  const reports: RuleReport[] = [];
  // A store that cannot even be asked is not judged.
  await stores[0].list({ prefix: scratch, signal });
  let leftovers: string | undefined;
  let times: FlushReport[];
  try {
    for (const rule of RULES.filter(({ name }) => rules.includes(name))) {
      const prefix = `${scratch}${rule.name}/`;
      const finding = await findingOf(() => rule.check(bench, prefix), signal);
      const report = { rule: rule.name, ...(finding && { finding }) };
      reports.push(report);
      onRule?.(report);
    }
    times = await timeFlushes(bench, `${scratch}flush/`, flushes);
  } catch (error) {
    // Calls that it ended say in their own words that they do not know.
    signal?.throwIfAborted();
    throw error;
  } finally {
    const cleaner = signal?.aborted
      ? new RetryingStore(bare[0], {
        ...options.retry,
        deadlineMs: IMPATIENT_MS,
      })
      : stores[0];
    if (signal?.aborted) await settle(clock);
    leftovers = await clean(cleaner, scratch);
    if (leftovers !== undefined) onLeftovers?.(leftovers);
  }
  return {
    location: store.location,
    isFit: reports.every(({ finding }) => finding === undefined),
    ...{ keys, racers, rules: reports, flushes: times, requests },
    ...(leftovers && { leftovers }),
  };
}

/** What a flush costs per month if it is repeated without pause. */
export interface FlushPriceOptions {
  /** Price of 1000 conditional writes, in any currency, at least 0. */
  readonly pricePer1000: number;
  /** Time from one flush to the next, in ms, above 0. */
  readonly everyMs: number;
}

const MONTH_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * What a log costs in 30 days that flushes without pause, by its conditional
 * writes alone: bytes stored, bytes sent and reads are not in it. A log that is
 * idle writes nothing.
 *
 * @example
 * ```ts
 * import { monthlyFlushPrice } from "@syncline/wal/storage/s3";
 * import assert from "node:assert/strict";
 *
 * const price = monthlyFlushPrice({ pricePer1000: 0.005, everyMs: 100 });
 * assert.equal(price.toFixed(2), "129.60");
 * ```
 */
export function monthlyFlushPrice(
  { pricePer1000, everyMs }: FlushPriceOptions,
): number {
  return MONTH_MS / everyMs / 1000 * pricePer1000;
}

/** A rule's finding. A store that cannot be judged is an error. */
async function findingOf(
  check: () => Promise<string | undefined>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    return await check();
  } catch (error) {
    signal?.throwIfAborted();
    const cause = error instanceof UnknownOutcomeError ? error.cause : error;
    if (!(cause instanceof ObjectStoreError) || isUnjudged(cause)) throw error;
    return cause.message;
  }
}

/** Whether a failure is about the way to a store, or about who asks. */
function isUnjudged({ status, code }: ObjectStoreError): boolean {
  if (code === "BadAnswer") return false;
  return UNJUDGED_CODES.has(code) || status >= 300 && status < 400 ||
    [0, 401, 403, 404, 408, 429, 502, 503, 504].includes(status);
}

/** They come with 400. */
const UNJUDGED_CODES = new Set([
  "AuthorizationHeaderMalformed",
  "ExpiredToken",
  "InvalidToken",
]);

/** Times conditional writes, one after another, sizes in turn. */
async function timeFlushes(
  { stores: [store], clock, signal }: RuleBench,
  prefix: string,
  count: number,
): Promise<FlushReport[]> {
  if (count === 0) return [];
  const times = FLUSH_BYTES.map((): number[] => []);
  for (let nth = 0; nth < count; nth++) {
    for (const [index, size] of FLUSH_BYTES.entries()) {
      const bytes = new Uint8Array(size).fill(nth);
      const startedAt = clock.now();
      const key = `${prefix}${size}/${nth}`;
      await store.create(key, bytes, { id: newId(), signal });
      times[index].push(clock.now() - startedAt);
    }
  }
  return FLUSH_BYTES.map((bytes, index) => {
    const sorted = times[index].sort((a, b) => a - b);
    const quantile = (share: number) => sorted[Math.ceil(count * share) - 1];
    const p99Ms = count < LEAST_FOR_P99 ? undefined : quantile(0.99);
    return { bytes, count, p50Ms: quantile(0.5), p99Ms };
  });
}

function settle(clock: RetryClock): Promise<void> {
  return new Promise((resolve) => void clock.after(SETTLE_MS, resolve));
}

/**
 * Removes all that a certification created. Returns the prefix if that fails: it
 * must not hide what was found.
 */
async function clean(
  store: ObjectStore,
  prefix: string,
): Promise<string | undefined> {
  try {
    for (let last = "";;) {
      const { objects } = await store.list({ prefix });
      const first = objects[0]?.key ?? "";
      if (first === "") return undefined;
      if (first === last) return prefix;
      last = first;
      for (let at = 0; at < objects.length; at += CLEANERS) {
        const some = objects.slice(at, at + CLEANERS);
        await allEnded(some.map(({ key }) => store.remove(key)));
      }
    }
  } catch {
    return prefix;
  }
}

/** Counts requests by what stores charge for. */
function counted(
  store: ObjectStore,
  requests: { writes: number; reads: number; removals: number },
): ObjectStore {
  const count = <Args extends unknown[], Answer>(
    kind: keyof typeof requests,
    call: (...args: Args) => Answer,
  ) =>
  (...args: Args) => {
    requests[kind]++;
    return call.apply(store, args);
  };
  return {
    location: store.location,
    create: count("writes", store.create),
    get: count("reads", store.get),
    head: count("reads", store.head),
    list: count("writes", store.list),
    remove: count("removals", store.remove),
  };
}
