/** The runtimes that the tests know. */
export type Runtime = "deno" | "node" | "bun";

/** The runtime that executes this module. */
export const runtime: Runtime = "Deno" in globalThis
  ? "deno"
  : "Bun" in globalThis
  ? "bun"
  : "node";
