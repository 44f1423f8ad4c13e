import {
  argumentError,
  requireAmount,
  requireInteger,
  requireMethod,
} from "../argument.ts";
import type { BatchPolicy, FlushReport } from "../policies/batch_policy.ts";
import { DEFAULT_QUEUE } from "../writer/flush_rules.ts";
import { Run, type SettingsChange } from "./_run.ts";
import {
  ClosedSource,
  LinkedSource,
  OpenSource,
  type Source,
} from "./_source.ts";
import type { RecordedArrivals } from "./arrivals.ts";
import type { ClosedLoop } from "./callers.ts";
import type { CostModel } from "./costs.ts";
import type { Simulation } from "./simulation.ts";

/** Options of {@linkcode simulate}. */
export interface SimulateOptions {
  /** As in `WalOptions`, an integer of at least 1. Default 67,108,864. */
  maxQueuedBytes?: number | undefined;
  /** As in `WalOptions`, an integer of at least 1. Default 10,000. */
  maxQueuedRecords?: number | undefined;
  /**
   * Most flushes in flight at a time, an integer of at least 1: the `depth` of a
   * `CommitPipeline`. They are acknowledged in order. With more than one, a
   * write and its sync are one request, so reports have `writtenAt` equal to
   * `endedAt`. Default 1, as in files.
   */
  depth?: number | undefined;
  /**
   * Settings that are changed while the log is open, in order of time, as by
   * `Wal.configure`. Default: none.
   */
  changes?: readonly SettingsChange[] | undefined;
  /**
   * Called for each flush, in order, after the policy has observed it, with the
   * number of appends in it: an append may have several records.
   */
  onFlush?: ((flush: FlushReport, appends: number) => void) | undefined;
}

/**
 * Runs a policy in virtual time: which flushes a log would make of `load` on a
 * device with these costs, and how long each append would wait.
 *
 * `load` is an iterable of arrivals in order of time, which arrive whatever the
 * log does (an open loop), or callers that wait for their acks (a
 * {@linkcode ClosedLoop}). If recorded arrivals have `links`, appends that
 * waited for an ack arrive as long after it as they did; the others keep their
 * times. Appends at one instant arrive in one turn; a flush
 * that ends at that instant ends first. All appends ask for `disk`.
 *
 * The flushes are those of the real writer: the same decisions, by the same
 * code, at the same instants, in the same order, and passed to
 * `policy.observe`. The event loop is busy only as far as `turnMs` and
 * `isBlocking` of the costs say, and `flush()` is not simulated. A policy that
 * puts one batch off a thousand times in a row is not asked again until the next
 * append. docs/policies.md lists the other limits.
 *
 * Once all appends have arrived and nothing is due any more, the log is closed,
 * which flushes the rest; see `Simulation.stranded`. A policy that learns keeps
 * what it learned: create a new one for each run.
 *
 * A run takes about a microsecond per append, and keeps eight bytes for each.
 * Throws `TypeError` or `RangeError` for bad arguments, and if an arrival or a
 * cost turns out to be invalid.
 *
 * @example
 * ```ts
 * import { AgePolicy, LeaderCommitPolicy } from "@syncline/wal/policies";
 * import { simulate } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const arrivals = [0, 1, 2, 3].map((at) => ({ at, bytes: 100 }));
 * const costs = { writeMs: () => 0, syncMs: () => 10 };
 * const leader = simulate(new LeaderCommitPolicy(), arrivals, costs);
 * assert.deepEqual([...leader.latencies], [10, 19, 18, 17]);
 * const aged = simulate(new AgePolicy({ ms: 3 }), arrivals, costs);
 * assert.deepEqual([...aged.latencies], [13, 12, 11, 20]);
 * ```
 */
export function simulate(
  policy: BatchPolicy,
  load: RecordedArrivals | ClosedLoop,
  costs: CostModel,
  options: SimulateOptions = {},
): Simulation {
  requireMethod("simulate", "policy", policy, "due");
  requireMethod("simulate", "costs", costs, "writeMs");
  requireMethod("simulate", "costs", costs, "syncMs");
  const {
    maxQueuedBytes = DEFAULT_QUEUE.maxQueuedBytes,
    maxQueuedRecords = DEFAULT_QUEUE.maxQueuedRecords,
    depth = 1,
    changes = [],
    onFlush = () => {},
  } = options;
  requireInteger("simulate", "maxQueuedBytes", maxQueuedBytes);
  requireInteger("simulate", "maxQueuedRecords", maxQueuedRecords);
  requireInteger("simulate", "depth", depth);
  if (depth > 1 && costs.isBlocking) {
    const rule = "1 if flushes block the event loop";
    throw argumentError("simulate", "depth", rule, depth);
  }
  requireChanges(changes);
  const bounds = { maxQueuedBytes, maxQueuedRecords, depth, changes, onFlush };
  return new Run(policy, sourceOf(load), costs, bounds).toEnd();
}

function requireChanges(changes: readonly SettingsChange[]): void {
  let before = 0;
  for (const { at, policy, maxQueuedBytes, maxQueuedRecords } of changes) {
    requireAmount("simulate", "changes[].at", at);
    if (at < before) {
      const rule = `at least ${before}, when the one before is made`;
      throw argumentError("simulate", "changes[].at", rule, at);
    }
    before = at;
    if (policy !== undefined) {
      requireMethod("simulate", "changes[].policy", policy, "due");
    }
    for (const bound of [maxQueuedBytes, maxQueuedRecords]) {
      if (bound === undefined) continue;
      requireInteger("simulate", "changes[].maxQueued…", bound);
    }
  }
}

function sourceOf(load: RecordedArrivals | ClosedLoop): Source {
  if (Symbol.iterator in Object(load)) {
    const arrivals = load as RecordedArrivals;
    const { links } = arrivals;
    return links === undefined
      ? new OpenSource(arrivals)
      : new LinkedSource(arrivals, links);
  }
  requireMethod("simulate", "load", load, "next");
  const loop = load as ClosedLoop;
  requireInteger("simulate", "load.callers", loop.callers);
  return new ClosedSource(loop);
}
