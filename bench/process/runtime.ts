import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A runtime to measure on. */
export type RuntimeName = "node" | "deno" | "bun";

/** The runtimes that every experiment can measure on. */
export const runtimeNames: readonly RuntimeName[] = ["node", "deno"];

/** As the package installs it: what npm puts on the path is a script. */
const BUN = fileURLToPath(
  new URL("../../node_modules/bun/bin/bun.exe", import.meta.url),
);

/** The command that runs a bundled module with one argument, as JSON. */
export function commandFor(
  runtime: RuntimeName,
  module: string,
  argument: unknown,
): string[] {
  return [...commandOf(runtime, module), JSON.stringify(argument)];
}

/** The command that runs a bundled module; arguments may follow. */
export function commandOf(runtime: RuntimeName, module: string): string[] {
  if (runtime === "node") return ["node", module];
  if (runtime === "bun") return [BUN, module];
  return [
    Deno.execPath(),
    ...["run", "-A", "--no-config", "--node-modules-dir=manual", "--quiet"],
    module,
  ];
}

/** A runtime's name and version, such as `"Node 20.20.2 (V8 11.3)"`. */
export function describeRuntime(runtime: RuntimeName): string {
  if (runtime === "deno") {
    return `Deno ${Deno.version.deno} (V8 ${Deno.version.v8})`;
  }
  if (runtime === "bun") {
    const { stdout } = spawnSync(BUN, ["--version"], { encoding: "utf8" });
    return stdout ? `Bun ${stdout.trim()}` : "Bun is not installed";
  }
  const { stdout } = spawnSync(
    "node",
    ["-p", "`${process.versions.node} (V8 ${process.versions.v8})`"],
    { encoding: "utf8" },
  );
  return stdout ? `Node ${stdout.trim()}` : "Node is not installed";
}
