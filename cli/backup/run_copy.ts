import { InterruptedError } from "../io/cli_io.ts";

/**
 * Runs what copies a log until the user interrupts it; `left` says what holds
 * then.
 */
export async function runCopy<Result>(
  interrupt: AbortSignal,
  left: string,
  copy: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  try {
    return await copy(interrupt);
  } catch (error) {
    if (interrupt.aborted && error === interrupt.reason) {
      throw new InterruptedError(`interrupted: ${left}`);
    }
    throw error;
  }
}
