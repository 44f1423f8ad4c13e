/** How many tests passed and how many failed. */
export interface Tally {
  /** Tests that ran and held. */
  readonly passed: number;
  /** Tests that did not. */
  readonly failed: number;
}

/**
 * Counts the tests of a JUnit report, as Deno, Node and Bun all write it.
 * Skipped tests count as neither passed nor failed.
 *
 * Node reports a file that registers no test as one passed test that has
 * the file's path as its name; such a test counts as failed.
 *
 * @param report The XML text.
 */
export function tally(report: string): Tally {
  let passed = 0;
  let failed = 0;
  const cases = report.replaceAll(/<!--.*?-->/gs, "").split("<testcase ");
  for (const testcase of cases.slice(1)) {
    if (/<(failure|error)\b/.test(testcase) || isFile(testcase)) failed++;
    else if (!/<skipped\b/.test(testcase)) passed++;
  }
  return { passed, failed };
}

/** Adds tallies up. */
export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, { passed }) => total + passed, 0),
    failed: tallies.reduce((total, { failed }) => total + failed, 0),
  };
}

/** Writes a tally the way that readers of the log look for. */
export function format({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}

function isFile(testcase: string): boolean {
  return /^name="[^"]*_test\.m?[jt]s"/.test(testcase);
}
