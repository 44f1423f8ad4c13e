/**
 * Takes the harm from an answer that should have been none, or a number: a
 * promise that nobody handles ends the process when it rejects.
 */
export function ignoreRejection(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => {});
}
