import {
  FAST_MS,
  type FileStorageOptions,
  SLOW_MS,
} from "../../storage/directory/mod.ts";
import { formatDuration } from "../io/format.ts";
import {
  chooseBest,
  DEFAULT_POLICY,
  type Figures,
  LEARNING_POLICY,
} from "../lab/candidates.ts";

/** What a sync costs, in ms. */
interface SyncCosts {
  /** On the calling thread: median and 99th percentile. */
  readonly blockingMs: { readonly p50: number; readonly p99: number };
  /** Median on the runtime's thread pool. */
  readonly threadedMs: number;
}

/** The options to open a log with. */
export interface Recommendation {
  /** Where to run syncs. */
  readonly io: NonNullable<FileStorageOptions["io"]>;
  /** The policy, as `--policy` takes it. */
  readonly policy: string;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
}

/** No wait is worthwhile to save a sync that is faster than this. */
const WORTH_WAITING_MS = 2;

/**
 * Chooses by what syncs cost and, if there are any, by the figures of simulated
 * policies; the first of `rows` is the default policy. Pure.
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
  const found = `with the trace's appends, an ack under "${best.name}" takes ` +
    describe(best);
  return [
    best.name,
    best === first
      ? `${found}, and no other policy is clearly faster`
      : `${found}; under "${first.name}", the default, ${describe(first)}`,
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
      `${took}, and 99 in a hundred take less than ${formatDuration(p99)}; ` +
      handing,
    ];
  }
  return [
    "auto",
    `${took}, but one in a hundred takes more than ` +
    `${formatDuration(p99)}: let the log decide where to run them`,
  ];
}

/** If a sync is slow, whether to wait depends on when appends arrive. */
function choosePolicy({ blockingMs: { p50 } }: SyncCosts): [string, string] {
  if (p50 < WORTH_WAITING_MS) {
    return [
      DEFAULT_POLICY,
      "waiting for more records would cost more than the syncs it saves",
    ];
  }
  return [
    LEARNING_POLICY,
    `waiting for more records may save syncs of ${formatDuration(p50)}: this ` +
    "policy learns when it pays off; use --trace to find out",
  ];
}
