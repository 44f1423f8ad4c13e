import {
  FAST_MS,
  type FileStorageOptions,
} from "../../storage/directory/mod.ts";
import { formatDuration } from "../io/format.ts";
import { DEFAULT_POLICY, LEARNING_POLICY } from "../lab/candidates.ts";
import type { Verdict } from "../lab/decide.ts";
import { describeVerdict } from "../lab/format_lab.ts";

/** What a sync costs on one thread, in ms. */
interface SyncCosts {
  readonly p50: number;
  readonly p99: number;
  /** Medians in the first half of the time, and in the second. */
  readonly halves: readonly [number, number];
}

/** What syncs cost on the calling thread and on the runtime's thread pool. */
interface Threads {
  readonly blocking: SyncCosts;
  readonly threaded: SyncCosts;
}

/** The options to open a log with. */
export interface Recommendation {
  /** Where to run syncs; `"auto"`, the default, lets the log decide. */
  readonly io: NonNullable<FileStorageOptions["io"]>;
  /** The policy, as `--policy` takes it. */
  readonly policy: string;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
}

/** No wait is worthwhile to save a sync that is faster than this. */
const WORTH_WAITING_MS = 2;

/** A thread is faster if syncs on the other take longer by this share. */
const CLEARLY = 0.1;

/**
 * Chooses by what syncs cost and, if policies were simulated, by how that ended.
 * Pure.
 */
export function recommend(
  threads: Threads,
  verdict?: Verdict,
  maxP99Ms?: number,
): Recommendation {
  const [io, ioReason] = chooseIo(threads);
  if (verdict !== undefined) {
    const reasons = [ioReason, ...describeVerdict(verdict, maxP99Ms)];
    return { io, policy: verdict.choice, reasons };
  }
  const [policy, policyReason] = choosePolicy(threads);
  return { io, policy, reasons: [ioReason, policyReason] };
}

/**
 * Names a thread only if it was clearly faster in both halves of the time, and
 * if its slowest syncs are not worse for it: a blocking one holds up the whole
 * event loop.
 */
function chooseIo(
  { blocking, threaded }: Threads,
): [Recommendation["io"], string] {
  const took = `a sync takes ${formatDuration(blocking.p50)} on the calling ` +
    `thread and ${formatDuration(threaded.p50)} on another`;
  const isFaster = (one: SyncCosts, other: SyncCosts) =>
    one.halves.every((ms, half) => ms * (1 + CLEARLY) < other.halves[half]);
  if (isFaster(threaded, blocking)) return ["threaded", took];
  if (!isFaster(blocking, threaded)) {
    return ["auto", `${took}: there is no clear difference`];
  }
  if (blocking.p99 < FAST_MS) {
    return [
      "blocking",
      `${took}, and 99 in a hundred take less than ` +
      formatDuration(blocking.p99),
    ];
  }
  return [
    "auto",
    `${took}, but one in a hundred takes more than ` +
    `${formatDuration(blocking.p99)} and would block the event loop: the log ` +
    "decides where to run them",
  ];
}

/** If a sync is slow, whether to wait depends on when appends arrive. */
function choosePolicy({ blocking: { p50 } }: Threads): [string, string] {
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
