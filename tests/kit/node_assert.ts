/**
 * The parts of `@std/assert` that the tests use, over `node:assert`.
 *
 * It judges as the original does, except for three kinds of values that tests
 * do not compare: `0` with `-0`, objects without a prototype, and errors.
 *
 * @module
 */
import node from "node:assert/strict";

/** Any class, whatever its constructor takes. */
export type AnyClass<Instance> = abstract new (...args: never[]) => Instance;

/** Asserts that a value is truthy. */
export function assert(value: unknown, message?: string): asserts value {
  node.ok(value, message);
}

/** Asserts that a value is falsy. */
export function assertFalse(value: unknown, message?: string): void {
  node.ok(!value, message);
}

/** Asserts that a value is neither `null` nor `undefined`. */
export function assertExists<Value>(
  value: Value,
  message?: string,
): asserts value is NonNullable<Value> {
  node.ok(value !== null && value !== undefined, message);
}

/** Asserts that two values are equal, member by member. */
export function assertEquals<Value>(
  actual: Value,
  expected: Value,
  message?: string,
): void {
  node.deepStrictEqual(actual, expected, message);
}

/** Asserts that two values differ in at least one member. */
export function assertNotEquals<Value>(
  actual: Value,
  expected: Value,
  message?: string,
): void {
  node.notDeepStrictEqual(actual, expected, message);
}

/** Asserts that two values are the same one, as `Object.is` sees it. */
export function assertStrictEquals<Value>(
  actual: unknown,
  expected: Value,
  message?: string,
): asserts actual is Value {
  node.strictEqual(actual, expected, message);
}

/** Asserts that two values are not the same one, as `Object.is` sees it. */
export function assertNotStrictEquals<Value>(
  actual: Value,
  expected: Value,
  message?: string,
): void {
  node.notStrictEqual(actual, expected, message);
}

/** Asserts that a value was made by a class, or by one that extends it. */
export function assertInstanceOf<Instance>(
  actual: unknown,
  expected: AnyClass<Instance>,
  message?: string,
): asserts actual is Instance {
  node.ok(
    actual instanceof expected,
    message ?? `Expected a ${expected.name}: received ${describe(actual)}`,
  );
}

/** Asserts that a string contains another one. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void {
  node.ok(
    actual.includes(expected),
    message ?? `Expected "${actual}" to contain "${expected}"`,
  );
}

/** Asserts that a string matches a pattern. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  message?: string,
): void {
  node.match(actual, expected, message);
}

/** Asserts that `actual > expected`. */
export function assertGreater<Value>(
  actual: Value,
  expected: Value,
  message?: string,
): void {
  node.ok(actual > expected, message ?? `Expected ${actual} > ${expected}`);
}

/** Asserts that `actual >= expected`. */
export function assertGreaterOrEqual<Value>(
  actual: Value,
  expected: Value,
  message?: string,
): void {
  node.ok(actual >= expected, message ?? `Expected ${actual} >= ${expected}`);
}

/** Asserts that `actual < expected`. */
export function assertLess<Value>(
  actual: Value,
  expected: Value,
  message?: string,
): void {
  node.ok(actual < expected, message ?? `Expected ${actual} < ${expected}`);
}

/** Asserts that `actual <= expected`. */
export function assertLessOrEqual<Value>(
  actual: Value,
  expected: Value,
  message?: string,
): void {
  node.ok(actual <= expected, message ?? `Expected ${actual} <= ${expected}`);
}

/** Asserts that a function throws, and what; returns what it threw. */
export function assertThrows<Thrown extends Error = Error>(
  body: () => unknown,
  expected: AnyClass<Thrown> = Error as unknown as AnyClass<Thrown>,
  includes = "",
  message?: string,
): Thrown {
  try {
    body();
  } catch (error) {
    return assertThrown(error, expected, includes, message);
  }
  return fail(message ?? `Expected a ${expected.name} to be thrown`);
}

/** Asserts that a promise is rejected, and with what; resolves to that. */
export async function assertRejects<Thrown extends Error = Error>(
  body: () => PromiseLike<unknown>,
  expected: AnyClass<Thrown> = Error as unknown as AnyClass<Thrown>,
  includes = "",
  message?: string,
): Promise<Thrown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = body();
  } catch (error) {
    return fail(`Expected a rejection: thrown was ${describe(error)}`);
  }
  try {
    await promise;
  } catch (error) {
    return assertThrown(error, expected, includes, message);
  }
  return fail(message ?? `Expected a rejection with a ${expected.name}`);
}

/** Fails at once. */
export function fail(message = "Failed"): never {
  node.fail(message);
}

function assertThrown<Thrown extends Error>(
  error: unknown,
  expected: AnyClass<Thrown>,
  includes: string,
  message: string | undefined,
): Thrown {
  assertInstanceOf(error, expected, message);
  assertStringIncludes(error.message, includes, message);
  return error;
}

function describe(value: unknown): string {
  return value instanceof Error ? value.stack ?? String(value) : String(value);
}
