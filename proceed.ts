import type { MaybePromise } from "./storage/storage.ts";

/**
 * Makes `call` and goes on to `next` with no turn between if it answers at
 * once, or when its promise resolves; to `fail` if it throws or rejects.
 */
export function proceed(
  call: () => MaybePromise<void>,
  next: () => void,
  fail: (error: unknown) => void,
): void {
  let answer: void | Promise<void>;
  try {
    answer = call();
  } catch (error) {
    return fail(error);
  }
  if (typeof answer?.then === "function") answer.then(next, fail);
  else next();
}
