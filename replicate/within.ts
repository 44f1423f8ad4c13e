import type { Clock } from "../writer/clock.ts";

/** How long a call of an engine may take. */
export interface Patience {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Where the engine is, for messages. */
  readonly location: string;
  /** Gives all calls up. */
  readonly signal: AbortSignal;
}

/** The answer of a call, unless that takes too long: then it is given up. */
export async function within<Answer>(
  { clock, timeoutMs, location, signal }: Patience,
  call: string,
  answer: Promise<Answer>,
): Promise<Answer> {
  let end = () => {};
  const expired = new Promise<never>((_, reject) => {
    const giveUp = (reason: string) =>
      reject(new Error(`Cannot ${call} because ${reason}`));
    const stop = () => giveUp("it is being closed");
    const cancel = clock.after(
      timeoutMs,
      () => giveUp(`"${location}" has not answered within ${timeoutMs} ms`),
    );
    signal.addEventListener("abort", stop);
    end = () => {
      cancel();
      signal.removeEventListener("abort", stop);
    };
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([answer, expired]);
  } finally {
    end();
  }
}

/** Resolves once something has ended, well or not, and after `ms` at the latest. */
export async function atMost(
  clock: Clock,
  ms: number,
  ended: Promise<unknown>,
): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  await Promise.race([ended.catch(() => {}), late]);
  cancel();
}

/** Resolves after `ms`, or once the signal is aborted. */
export async function pause(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  if (ms === 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener("abort", end);
  });
}
