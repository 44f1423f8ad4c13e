import type { ObservedSource } from "../../reader/log_source.ts";
import {
  CompactedError,
  type RecordBatch,
  TruncatedError,
} from "../../storage/frame_log.ts";

/** Which records to show. */
interface ShownRange {
  /** LSN of the first; absent for the oldest that is kept. */
  readonly from?: number;
  /** LSN of the last, or `Infinity`. */
  readonly to: number;
  /** Called before each wait for more records; absent to wait for none. */
  readonly wait: (() => Promise<void>) | undefined;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * The records of a range, and with `wait` those that are added to it. Throws
 * `CompactedError` if one was dropped, `TruncatedError` if the log was cut back
 * below one that was shown, and what ails the log once all before it is shown.
 */
export async function* shownBatches(
  log: ObservedSource,
  range: ShownRange,
): AsyncGenerator<RecordBatch, undefined> {
  if (range.wait === undefined) return yield* showBatches(log, range);
  let wake = () => {};
  const stop = log.onAdvance(() => wake());
  range.signal.addEventListener("abort", () => wake(), { once: true });
  try {
    yield* showBatches(log, range, () => new Promise((call) => wake = call));
  } finally {
    stop();
  }
}

async function* showBatches(
  log: ObservedSource,
  { from, to, wait, signal }: ShownRange,
  change?: () => Promise<void>,
): AsyncGenerator<RecordBatch, undefined> {
  let next = from;
  const { cuts } = log;
  while (!signal.aborted) {
    // Asked for first: what changes from here on ends the wait.
    const changed = change?.();
    // A log that begins later may begin anywhere.
    const nextLsn = next ?? log.firstLsn;
    if (nextLsn < log.firstLsn) {
      throw new CompactedError(nextLsn, log.firstLsn);
    }
    const lastLsn = log.lowestSince(cuts);
    if (lastLsn < nextLsn - 1) throw new TruncatedError(nextLsn, lastLsn);
    const last = Math.min(to, log.reached("os"));
    if (nextLsn <= last) {
      for await (const batch of records(log, nextLsn, last)) {
        yield batch;
        next = batch.firstLsn + (batch.lost ?? batch.records.length);
      }
      continue;
    }
    if (nextLsn > to) return;
    if (log.end instanceof Error) throw log.end;
    if (changed === undefined) return;
    await wait?.();
    if (!signal.aborted) await changed;
  }
}

async function* records(
  log: ObservedSource,
  from: number,
  to: number,
): AsyncGenerator<RecordBatch> {
  const batches = log.read(from, to);
  try {
    while (true) {
      const { value, done } = await batches.next();
      if (done) return;
      yield value;
    }
  } finally {
    await batches.return?.(undefined);
  }
}
