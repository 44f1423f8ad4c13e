/**
 * The parts of `@std/assert` that the tests use, on every runtime.
 *
 * @module
 */
import { loadStd } from "./load_std.ts";
import * as standIn from "./node_assert.ts";

const std = await loadStd("@std/assert", standIn);

/** Asserts that a value is truthy. */
export const assert: typeof standIn.assert = std.assert;

/** Asserts that a value is falsy. */
export const assertFalse: typeof standIn.assertFalse = std.assertFalse;

/** Asserts that a value is neither `null` nor `undefined`. */
export const assertExists: typeof standIn.assertExists = std.assertExists;

/** Asserts that two values are equal, member by member. */
export const assertEquals: typeof standIn.assertEquals = std.assertEquals;

/** Asserts that two values differ in at least one member. */
export const assertNotEquals: typeof standIn.assertNotEquals =
  std.assertNotEquals;

/** Asserts that two values are the same one, as `Object.is` sees it. */
export const assertStrictEquals: typeof standIn.assertStrictEquals =
  std.assertStrictEquals;

/** Asserts that two values are not the same one, as `Object.is` sees it. */
export const assertNotStrictEquals: typeof standIn.assertNotStrictEquals =
  std.assertNotStrictEquals;

/** Asserts that a value was made by a class, or by one that extends it. */
export const assertInstanceOf: typeof standIn.assertInstanceOf =
  std.assertInstanceOf;

/** Asserts that a string contains another one. */
export const assertStringIncludes: typeof standIn.assertStringIncludes =
  std.assertStringIncludes;

/** Asserts that a string matches a pattern. */
export const assertMatch: typeof standIn.assertMatch = std.assertMatch;

/** Asserts that `actual > expected`. */
export const assertGreater: typeof standIn.assertGreater = std.assertGreater;

/** Asserts that `actual >= expected`. */
export const assertGreaterOrEqual: typeof standIn.assertGreaterOrEqual =
  std.assertGreaterOrEqual;

/** Asserts that `actual < expected`. */
export const assertLess: typeof standIn.assertLess = std.assertLess;

/** Asserts that `actual <= expected`. */
export const assertLessOrEqual: typeof standIn.assertLessOrEqual =
  std.assertLessOrEqual;

/** Asserts that a function throws, and what; returns what it threw. */
export const assertThrows: typeof standIn.assertThrows = std.assertThrows;

/** Asserts that a promise is rejected, and with what; resolves to that. */
export const assertRejects: typeof standIn.assertRejects = std.assertRejects;

/** Fails at once. */
export const fail: typeof standIn.fail = std.fail;
