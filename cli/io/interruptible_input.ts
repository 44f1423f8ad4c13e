/** `AbortSignal.any`, which Node lacks before 20.3. */
export function eitherSignal(...signals: AbortSignal[]): AbortSignal {
  const either = new AbortController();
  for (const signal of signals) {
    const stop = () => either.abort(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  }
  return either.signal;
}

/** What `source` yields until it ends or `signal` is aborted. */
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

/** Leaves no listener: the signal lives as long as the process. */
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
