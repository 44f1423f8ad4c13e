import { requireInteger, requireOptions } from "../../argument.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import type { RegisterTest } from "../contract/storage_contract.ts";
import { cutLaws } from "./cut_laws.ts";
import { frameLaws } from "./frame_laws.ts";
import {
  type FrameLogLaw,
  type FrameLogPlace,
  FrameLogUnderTest,
} from "./frame_log_under_test.ts";
import { walOnLogLaws } from "./wal_on_log_laws.ts";

/** Options of {@linkcode frameLogLaws}. */
export interface FrameLogLawsOptions {
  /** Seed of what is drawn, an integer; failures show it. Default 1. */
  seed?: number | undefined;
}

/**
 * Registers tests that check an implementation of `FrameLog`: everything that a
 * `Wal` on it relies on.
 *
 * `make` is called once per test, for a separate and empty log. A failure shows
 * what was expected and what was found. Each test closes the log. They check
 * that
 *
 * - positions are right at any time: an empty log begins and ends where it says;
 * - `append` adds a frame as a whole, of any size, and keeps no buffer;
 * - `read` yields exactly the records from one LSN to another, in order and with
 *   times that never decrease, while frames are appended or dropped too;
 * - `truncateBefore` drops the records below an LSN and no others; LSNs go on
 *   from there, even in an empty log;
 * - `truncateAfter`, if there is one, drops the records after an LSN, for good;
 * - the segments that `sealedSegments`, if there is one, lists follow one another
 *   and stay as they are;
 * - metadata, if the log keeps them, outlive every record and every opening;
 * - `sync` and `checkOwner` succeed, and `syncedLsn`, if there is one, follows;
 * - records, and where the log begins, outlive `close`, if `make` returns a
 *   `reopen`;
 * - a `Wal` on the log appends, expects, reads, drops and counts as a model
 *   does, through several openings.
 *
 * Methods may return their result or a promise of it. A call that never
 * completes is left to the runner's timeout.
 *
 * The tests cannot check what only a power loss, a full disk or another owner
 * would show.
 *
 * In a test file, call `frameLogLaws(Deno.test, make)`, or pass `test` from
 * `node:test`. Throws `TypeError` or `RangeError` for bad arguments.
 *
 * @example A log that is an array
 * ```ts
 * import type { FrameLog, RecordBatch } from "@syncline/wal";
 * import { frameLogLaws } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * function makeLog(): FrameLog {
 *   const batches: RecordBatch[] = [];
 *   let lastLsn = 0;
 *   let firstLsn = 1;
 *   return {
 *     get firstLsn() {
 *       return firstLsn;
 *     },
 *     get lastLsn() {
 *       return lastLsn;
 *     },
 *     append({ firstLsn: lsn, count, buffer }) {
 *       const view = new DataView(buffer.buffer, buffer.byteOffset);
 *       for (let at = 48, left = count; left > 0; left--) {
 *         const end = at + 4 + view.getUint32(at, true);
 *         const records = [Uint8Array.from(buffer.subarray(at + 4, end))];
 *         batches.push({ firstLsn: lsn + count - left, records });
 *         at = end;
 *       }
 *       lastLsn += count;
 *     },
 *     sync() {},
 *     checkOwner() {},
 *     read: (from, to) =>
 *       batches.filter(({ firstLsn: lsn }) => lsn >= from && lsn <= to).values(),
 *     async truncateBefore(lsn) {
 *       firstLsn = Math.max(firstLsn, lsn);
 *     },
 *     async close() {},
 *   };
 * }
 *
 * const bodies: (() => Promise<void>)[] = [];
 * frameLogLaws((_name, body) => bodies.push(body), () => ({ log: makeLog() }));
 * for (const body of bodies) await body();
 * assert.ok(bodies.length > 10);
 * ```
 */
export function frameLogLaws(
  test: RegisterTest,
  make: () => MaybePromise<FrameLogPlace>,
  options: FrameLogLawsOptions = {},
): void {
  const action = "run frameLogLaws";
  requireOptions(action, options, ["seed"]);
  const { seed = 1 } = options;
  requireInteger(action, "seed", seed, Number.MIN_SAFE_INTEGER);
  for (const law of [...frameLaws, ...cutLaws, ...walOnLogLaws]) {
    test(law.name, () => hold(law, make, seed));
  }
}

async function hold(
  law: FrameLogLaw,
  make: () => MaybePromise<FrameLogPlace>,
  seed: number,
): Promise<void> {
  const place = await make();
  const trial = new FrameLogUnderTest(place, seed);
  try {
    if (law.reopens && !trial.canReopen) return;
    await law.check(trial);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const message = `Law: ${law.name}\nFound: ${found}\nSeed: ${seed}`;
    throw new Error(message, { cause: error });
  } finally {
    await trial.close(true);
    await place.dispose?.();
  }
}
