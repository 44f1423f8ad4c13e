import { spawnSync } from "node:child_process";

/** A runtime to measure on. */
export type RuntimeName = "node" | "deno";

/** The runtimes to measure on. */
export const runtimeNames: readonly RuntimeName[] = ["node", "deno"];

/** The command that runs a bundled module with one argument. */
export function commandFor(
  runtime: RuntimeName,
  module: string,
  argument: unknown,
): string[] {
  const json = JSON.stringify(argument);
  if (runtime === "node") return ["node", module, json];
  return [
    Deno.execPath(),
    ...["run", "-A", "--no-config", "--node-modules-dir=manual", "--quiet"],
    ...[module, json],
  ];
}

/** A runtime's name and version, such as `"Node 20.20.2 (V8 11.3)"`. */
export function describeRuntime(runtime: RuntimeName): string {
  if (runtime === "deno") {
    return `Deno ${Deno.version.deno} (V8 ${Deno.version.v8})`;
  }
  const { stdout } = spawnSync(
    "node",
    ["-p", "`${process.versions.node} (V8 ${process.versions.v8})`"],
    { encoding: "utf8" },
  );
  return stdout ? `Node ${stdout.trim()}` : "Node is not installed";
}
