import type { Cursor } from "@syncline/wal";
import type { LedgerEvent, LedgerRecord } from "./ledger_state.ts";

/** How events are delivered. */
export interface DispatchOptions {
  /**
   * Delivers an event; it is delivered when the promise resolves. It may be
   * called again for the same `event.key`, after a crash or an error.
   */
  deliver(event: LedgerEvent): Promise<void> | void;
  /**
   * Keeps an event whose delivery has failed `attempts` times. The next event
   * follows once this resolves; if it rejects, the dispatcher stops.
   */
  bury(event: LedgerEvent, reason: string): Promise<void>;
  /** Default 5. */
  attempts?: number;
  /** Wait after the first failure, doubled after each further one. Default 100. */
  backoffMs?: number;
  /** Longest wait. Default 30,000. */
  maxBackoffMs?: number;
  /** Records after which the cursor is committed, or sooner at the end. Default 64. */
  commitEvery?: number;
  /** Whether to end once everything durable is delivered. Default false. */
  once?: boolean;
  /** Ends the dispatcher, after the delivery in progress. */
  signal?: AbortSignal;
  /** Waits; tests replace it. */
  sleep?(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Delivers the events of an outbox in order, one at a time, each at least once,
 * until the log closes or `signal` is aborted. Rejects if an event can neither
 * be delivered nor buried: then it stays in the outbox.
 */
export async function dispatch(
  cursor: Cursor<LedgerRecord>,
  options: DispatchOptions,
): Promise<void> {
  const { commitEvery = 64, once = false, signal } = options;
  let handled = 0;
  // The place moves only after the delivery: never the other way round.
  const commit = async () => {
    if (handled > 0) await cursor.commit();
    handled = 0;
  };
  while (true) {
    if (handled >= commitEvery || handled >= cursor.lag) await commit();
    if (once && cursor.lag === 0) return;
    const record = await nextOf(cursor, signal);
    if (record === undefined) return await commit();
    if (record.data.is === "event") {
      const isDone = await deliverOrBury(record.data.event, options);
      // Its place is before this event, which is next in the next life.
      if (!isDone) {
        return handled > 0 ? await cursor.commit(record.lsn - 1) : undefined;
      }
    }
    handled++;
  }
}

async function nextOf(cursor: Cursor<LedgerRecord>, signal?: AbortSignal) {
  if (signal?.aborted) return undefined;
  try {
    return await cursor.next({ signal });
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
}

/** Resolves with false if it was told to end before either was done. */
async function deliverOrBury(
  event: LedgerEvent,
  options: DispatchOptions,
): Promise<boolean> {
  const { deliver, bury, attempts = 5, signal, sleep = wait } = options;
  const { backoffMs = 100, maxBackoffMs = 30_000 } = options;
  for (let attempt = 1;; attempt++) {
    try {
      await deliver(event);
      return true;
    } catch (error) {
      if (!(attempt < attempts)) {
        await bury(event, `${error}`);
        return true;
      }
      const ms = Math.min(backoffMs * 2 ** (attempt - 1), maxBackoffMs);
      await sleep(ms, signal);
      if (signal?.aborted) return false;
    }
  }
}

/** Waits, or until the signal is aborted. */
function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
