/**
 * What registers a test with a runner: `Deno.test`, `test` of `node:test` (on
 * Node and Bun), or any function that takes a name and a body. Other runners
 * were not tried.
 *
 * The body passes if it resolves and fails if it rejects. Whoever runs the kit
 * on several subjects in one file puts the subject's name before the test's.
 *
 * @example
 * ```ts
 * import type { RegisterTest } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * const ran: string[] = [];
 * const register: RegisterTest = async (name, body) => {
 *   await body();
 *   ran.push(name);
 * };
 * await register("a test", async () => {});
 * assert.deepEqual(ran, ["a test"]);
 * ```
 */
export type RegisterTest = (
  name: string,
  body: () => Promise<void>,
) => unknown;
