import { runtime } from "./runtime.ts";

/** The body of a test: it passes if it returns, or resolves. */
export type TestBody = () => void | Promise<void>;

/**
 * Registers a test with the runner of whichever runtime executes the file:
 * `Deno.test` with its sanitizers under Deno, `node:test` under Node and Bun.
 *
 * The first argument is the test's name, the symbol and the criterion:
 * `symbol() does X when Y`. The second is the test itself.
 */
export const test: (name: string, body: TestBody) => void = runtime === "deno"
  ? Deno.test
  : (await import("node:test")).test;
