/** How many tests passed and how many failed. */
export interface Tally {
  /** Tests that ran and held. */
  readonly passed: number;
  /** Tests that did not. */
  readonly failed: number;
}

/**
 * Counts the tests of a JUnit report, as Deno, Mocha and Bun all write it.
 * Skipped tests count as neither passed nor failed.
 *
 * @param report The XML text.
 */
export function tally(report: string): Tally {
  const cases = testcases(report);
  const skipped = cases.filter((text) => /<skipped\b/.test(text)).length;
  const failed = failures(report).length;
  return { passed: cases.length - skipped - failed, failed };
}

/** What a report tells about each test that failed, in XML. */
export function failures(report: string): string[] {
  return testcases(report).filter((text) => /<(failure|error)\b/.test(text));
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

function testcases(report: string): string[] {
  const text = report.replaceAll(/<!--.*?-->/gs, "");
  return text.split("<testcase ").slice(1);
}
