import assert from "node:assert/strict";

/*
 * What the published suite of `abstract-level` needs of the package tape, in
 * which it is written: 11 assertions, and no more. Tape itself would bring 125
 * packages, and prints its own report.
 */

/** How a test of the suite is written. */
type SuiteTest = (t: Assertions) => unknown;

/** A suite: it registers its tests. */
export type Suite<Options> = (
  options: Options & { test(name: string, body: SuiteTest): void },
) => void;

/** What was found. */
export interface SuiteTally {
  readonly tests: number;
  readonly assertions: number;
  /** One line for each test that failed. */
  readonly failures: readonly string[];
}

/** Runs a suite, one test after the other. */
export async function runSuite<Options extends object>(
  suite: Suite<Options>,
  options: Options,
): Promise<SuiteTally> {
  const registered: [name: string, body: SuiteTest][] = [];
  suite({
    ...options,
    test: (name, body) => void registered.push([name, body]),
  });
  let assertions = 0;
  const failures: string[] = [];
  for (const [name, body] of registered) {
    const t = new Assertions();
    try {
      await t.run(body);
    } catch (error) {
      const { message } = error as Error;
      failures.push(`${name}: ${message}`);
    }
    assertions += t.count;
  }
  return { tests: registered.length, assertions, failures };
}

/** The assertions of one test. They throw, which also ends the test. */
class Assertions {
  /** Assertions that have held. */
  count = 0;
  #planned: number | undefined;
  #isEnded = false;
  #failure: unknown;
  #end: () => void = () => {};
  readonly #subtests: [name: string, body: SuiteTest][] = [];

  /**
   * A test is over when what it returns has resolved and, if it asks for that,
   * it was ended or has made as many assertions as planned.
   */
  async run(body: SuiteTest): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#end = resolve);
    const returned = body(this);
    await returned;
    const isSync = !(returned instanceof Promise);
    if (isSync || this.#planned !== undefined) await timely(ended);
    for (const [name, subtest] of this.#subtests) {
      const t = new Assertions();
      await t.run(subtest).catch(({ message }) => {
        throw new Error(`${name}: ${message}`);
      });
      this.count += t.count;
    }
    if (this.#failure !== undefined) throw this.#failure;
    const made = this.count;
    assert.equal(made, this.#planned ?? made, `made ${made} assertions`);
  }

  plan(count: number): void {
    this.#planned = count;
  }

  end(): void {
    this.#isEnded = true;
    this.#end();
  }

  test(name: string, body: SuiteTest): void {
    this.#subtests.push([name, body]);
  }

  is(actual: unknown, expected: unknown, message?: string): void {
    this.#check(() => assert.equal(actual, expected, message));
  }

  isNot(actual: unknown, expected: unknown, message?: string): void {
    this.#check(() => assert.notEqual(actual, expected, message));
  }

  same(actual: unknown, expected: unknown, message?: string): void {
    this.#check(() => assert.deepEqual(actual, expected, message));
  }

  ok(value: unknown, message?: string): void {
    this.#check(() => assert(value, message));
  }

  pass(): void {
    this.#check(() => {});
  }

  fail(reason?: string | Error): void {
    this.#check(() => assert.fail(reason));
  }

  throws(body: () => void, expected: RegExp, message?: string): void {
    this.#check(() => assert.throws(body, expected, message));
  }

  doesNotThrow(body: () => void, expected: RegExp, message?: string): void {
    this.#check(() => assert.doesNotThrow(body, expected, message));
  }

  #check(assertion: () => void): void {
    try {
      if (this.#isEnded) throw new Error("an assertion after the end");
      assertion();
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
    if (++this.count === this.#planned) this.#end();
  }
}

/** Callbacks that are never called must not look like success. */
async function timely(ended: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error("it has not ended after 10 s");
    timer = setTimeout(() => reject(error), 10_000);
  });
  try {
    await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}
