import type { Acked } from "../append/ack_tracker.ts";
import type { Output } from "./cli_io.ts";
import { formatCount, formatRecords } from "./format.ts";

/** Four times a second. */
const INTERVAL_MS = 250;
const CLEAR_LINE = "\r\x1b[K";

/**
 * Keeps a line up to date on a terminal, and does nothing elsewhere. `end`
 * wipes it.
 */
export function showProgress(
  output: Output,
  acked: () => Acked,
): { end(): Promise<void> } {
  if (!output.isTerminal) return { end: () => Promise.resolve() };
  const encoder = new TextEncoder();
  const show = async (text: string) => {
    await output.write(encoder.encode(CLEAR_LINE + text)).catch(() => {});
  };
  let before = { records: 0, at: performance.now() };
  const timer = setInterval(() => {
    const { records } = acked();
    const at = performance.now();
    const rate = (records - before.records) / (at - before.at) * 1000;
    before = { records, at };
    void show(`acked ${formatRecords(records)}, ${formatCount(rate)}/s`);
  }, INTERVAL_MS);
  return {
    end() {
      clearInterval(timer);
      return show("");
    },
  };
}

/** What `source` yields, until it ends or `signal` is aborted. */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  while (!signal.aborted) {
    const step = await nextOrAbort(iterator, signal);
    if (step === undefined || step.done) return;
    yield step.value;
  }
}

/** Leaves no listener behind: a signal lives as long as the process. */
function nextOrAbort<T>(
  iterator: AsyncIterator<T>,
  signal: AbortSignal,
): Promise<IteratorResult<T> | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    signal.addEventListener("abort", stop, { once: true });
    iterator.next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}
