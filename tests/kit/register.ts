import process from "node:process";
import { runtime } from "./runtime.ts";

/** The body of a test: it passes if it returns, or resolves. */
export type TestBody = () => void | Promise<void>;

type Register = (name: string, body: TestBody) => void;

/**
 * Registers a test with the runner of whichever runtime executes the file:
 * `Deno.test` with its sanitizers under Deno, Mocha under Node, and `node:test`
 * under Bun. Node's own `node:test` tracks every promise with hooks, which makes
 * an exploration of crashes three times slower.
 *
 * The first argument is the test's name, the symbol and the criterion:
 * `symbol() does X when Y`. The second is the test itself.
 */
export const test: Register = runtime === "deno"
  ? Deno.test
  : runtime === "node"
  ? withMocha()
  : (await import("node:test")).test;

/**
 * Mocha has an `it` for each file. It ignores rejections that nobody handles,
 * unless they are thrown.
 */
function withMocha(): Register {
  process.on("unhandledRejection", (reason) => {
    throw reason;
  });
  const mocha = globalThis as unknown as { readonly it: Register };
  return (name, body) => mocha.it(name, body);
}
