/**
 * The lines in which tests say what they left out, and why: each begins with
 * `skipped:`. They are shown even if all else passes, each once.
 *
 * @param output All that the tests of a gate printed.
 */
export function skipsIn(output: string): string[] {
  const lines = output.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => line.startsWith("skipped:")))];
}
