/** Whether `answer` is a promise, of whatever make. */
export function isPromise<T>(answer: T | Promise<T>): answer is Promise<T> {
  return typeof (answer as Promise<T> | undefined)?.then === "function";
}
