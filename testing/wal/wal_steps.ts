import type { AckLevel } from "../../writer/acks.ts";

/**
 * The part of fast-check that {@linkcode walSteps} uses: pass the module
 * itself, so that the kit does not depend on it. `Steps` is the type of the
 * result.
 */
export interface FastCheck<Steps> {
  /** As in fast-check, like all the others. */
  constant(value: WalStep[]): Steps;
  /** Its other functions. */
  // deno-lint-ignore no-explicit-any
  [name: string]: any;
}

/** Bounds of {@linkcode walSteps}. */
export interface WalStepsOptions {
  /** Maximum number of steps, an integer of at least 0. Default 8. */
  maxLength?: number | undefined;
  /** Maximum bytes of a record, an integer of at least 0. Default 900. */
  maxBytes?: number | undefined;
}

/**
 * A fast-check arbitrary of steps for `walWorkload`. Small steps are more
 * likely, and a failure shrinks to few and small ones.
 *
 * @example
 * ```ts
 * import {
 *   explore,
 *   walCheck,
 *   type WalStep,
 *   walSteps,
 *   walWorkload,
 * } from "@syncline/wal/testing";
 * import fc from "fast-check";
 *
 * const quiet = { bound: 16, samples: 1, print: () => {} };
 * await fc.assert(
 *   fc.asyncProperty(walSteps<fc.Arbitrary<WalStep[]>>(fc), async (steps) => {
 *     await explore(walWorkload(steps), walCheck(), quiet);
 *   }),
 *   { numRuns: 3 },
 * );
 * ```
 */
export function walSteps<Steps>(
  fc: FastCheck<Steps>,
  { maxLength = 8, maxBytes = 900 }: WalStepsOptions = {},
): Steps {
  const bytes = fc.oneof(fc.nat(Math.min(40, maxBytes)), fc.nat(maxBytes));
  const sizes = fc.array(bytes, { minLength: 1, maxLength: 4 });
  const ack = fc.constantFrom("memory", "os", "disk", undefined);
  const is = (step: string) => fc.constantFrom(step);
  const weighted = (weight: number, arbitrary: unknown) => ({
    weight,
    arbitrary,
  });
  return fc.array(
    fc.oneof(
      weighted(6, fc.record({ do: is("append"), bytes, ack })),
      weighted(2, fc.record({ do: is("appendBatch"), bytes: sizes, ack })),
      weighted(2, fc.record({ do: is("enqueue"), bytes })),
      weighted(4, fc.record({ do: is("turn") })),
      fc.record({ do: is("wait"), ms: fc.constantFrom(1, 5, 2000) }),
      fc.record({ do: is("flush") }),
      fc.record({ do: is("truncate") }),
      fc.record({ do: is("cut"), records: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ do: is("reopen") }),
    ),
    { maxLength },
  );
}

/** What a workload does next with a log. */
export type WalStep =
  /** Appends a record of this many bytes, and continues at once. */
  | { do: "append"; bytes: number; ack?: AckLevel }
  /** Appends records as one batch, and continues at once. */
  | { do: "appendBatch"; bytes: readonly number[]; ack?: AckLevel }
  /** Queues a record without a promise, and calls `settled` for it. */
  | { do: "enqueue"; bytes: number }
  /** Waits until everything appended so far is acknowledged. */
  | { do: "await" }
  /** Lets a turn of the event loop pass. */
  | { do: "turn" }
  /** Lets `ms` pass. */
  | { do: "wait"; ms: number }
  /** Flushes and syncs. */
  | { do: "flush" }
  /** Drops everything before the last durable record, and continues at once. */
  | { do: "truncate" }
  /** Cuts the last `records` off, if they are not dropped, and waits. */
  | { do: "cut"; records: number }
  /** Closes the log and opens it again. */
  | { do: "reopen" };
