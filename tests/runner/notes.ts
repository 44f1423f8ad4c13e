/**
 * The lines of tests that are shown even if all passes, each once: what they
 * left out and why (`skipped: …`), and how much they tried (`explored …`).
 *
 * @param output All that the tests of a gate printed.
 */
export function notesIn(output: string): string[] {
  const lines = output.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => NOTE.test(line)))];
}

const NOTE =
  /^(skipped:|explored \d+ distinct|\d+ of \d+ planted bugs|package:|size:|s3:)/;
