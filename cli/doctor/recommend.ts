import type { FileStorageOptions } from "../../storage/directory/mod.ts";
import { formatDuration } from "../io/format.ts";
import { chooseBest, type Figures } from "../lab/candidates.ts";

/** What a sync costs in two ways, in ms. */
export interface SyncCosts {
  /** On the calling thread: median and 99th percentile. */
  readonly blockingMs: { readonly p50: number; readonly p99: number };
  /** Median on the runtime's thread pool. */
  readonly threadedMs: number;
}

/** What to open a log with. */
export interface Recommendation {
  /** Where syncs are to be made. */
  readonly io: NonNullable<FileStorageOptions["io"]>;
  /** The policy, as `--policy` takes it: `"leader"` is the default. */
  readonly policy: string;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
}

/** Beyond this a sync keeps the event loop standing for too long. */
const SLOW_MS = 1;

/** Below this, handing a sync over is not worth it. */
const FAST_MS = 0.5;

/** Below this no wait is worth it. */
const WORTH_WAITING_MS = 2;

/**
 * Chooses by what syncs cost and, if there are any, by what policies come to in
 * a simulation; the first of `rows` is the default. Pure.
 */
export function recommend(
  costs: SyncCosts,
  rows: readonly Figures[] = [],
): Recommendation {
  const [io, ioReason] = chooseIo(costs);
  const [policy, policyReason] = rows.length === 0
    ? choosePolicy(costs)
    : chooseRow(rows);
  return { io, policy, reasons: [ioReason, policyReason] };
}

function chooseRow(rows: readonly Figures[]): [string, string] {
  const best = chooseBest(rows);
  const [first] = rows;
  const describe = ({ meanMs, p99Ms }: Figures) =>
    `${formatDuration(meanMs)} on average, ${formatDuration(p99Ms)} at p99`;
  const found = `with the trace's appends, "${best.name}" waits ` +
    describe(best);
  return [
    best.name,
    best === first
      ? `${found}, and no other policy is clearly faster`
      : `${found}; "${first.name}", the default, ${describe(first)}`,
  ];
}

function chooseIo(
  { blockingMs: { p50, p99 }, threadedMs }: SyncCosts,
): [Recommendation["io"], string] {
  const took = `a sync takes ${formatDuration(p50)}`;
  if (p50 > SLOW_MS) {
    return [
      "threaded",
      `${took}: on another thread it does not block the event loop`,
    ];
  }
  const handing = `on another thread it takes ${formatDuration(threadedMs)}`;
  if (p99 < FAST_MS) {
    return [
      "blocking",
      `${took}, and 99 of 100 take less than ${formatDuration(p99)}; ` +
      handing,
    ];
  }
  return [
    "auto",
    `${took}, but one in a hundred takes more than ` +
    `${formatDuration(p99)}: let the log decide where to run them`,
  ];
}

/** Where a sync is slow, whether to wait depends on when appends come. */
function choosePolicy({ blockingMs: { p50 } }: SyncCosts): [string, string] {
  if (p50 < WORTH_WAITING_MS) {
    return [
      "leader",
      "waiting for siblings would cost more than the syncs that it saves",
    ];
  }
  return [
    "adaptive",
    `waiting for siblings may save syncs of ${formatDuration(p50)}: this ` +
    "policy learns when it pays; a trace would tell for sure",
  ];
}
