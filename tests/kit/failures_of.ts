import type { RegisterTest } from "../../testing/contract/storage_contract.ts";

/**
 * Runs the tests that the kit registers, one after the other, and says which
 * of them failed, and how.
 *
 * @param register Hands the kit the function that registers.
 * @param only The names of the tests to run; by default all.
 */
export async function failuresOf(
  register: (test: RegisterTest) => void,
  only?: string[],
): Promise<Map<string, Error>> {
  const tests: [string, () => Promise<void>][] = [];
  register((name, body) => tests.push([name, body]));
  const failures = new Map<string, Error>();
  for (const [name, body] of tests) {
    if (only !== undefined && !only.includes(name)) continue;
    await body().catch((error) => failures.set(name, error));
  }
  return failures;
}

/** The names of the tests that the kit registers. */
export function testNames(register: (test: RegisterTest) => void): string[] {
  const names: string[] = [];
  register((name) => names.push(name));
  return names;
}
