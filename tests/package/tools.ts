import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "../runner/command.ts";
import { succeed } from "../runner/gate.ts";

/*
 * What the package is tested with is heavy: three versions of Node, three of
 * TypeScript, bundlers. It is not a dependency of the project, so `npm ci` stays quick
 * for those who only want to see the demonstration. It has its own package.json
 * and lock file in tools/, and is installed before it is used.
 */
const tools = fileURLToPath(new URL("./tools/", import.meta.url));

/** Where its packages are. */
export const toolModules: string = join(tools, "node_modules");

/** Installs what the lock file names, unless it is there. */
export async function installTools(): Promise<string> {
  const wanted = join(tools, "package-lock.json");
  const installed = join(toolModules, ".package-lock.json");
  if (isNewer(installed, wanted)) return "";
  return await succeed("npm", [
    "ci",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--loglevel=error",
  ], { cwd: tools });
}

/** Whether the packages were installed after the lock file changed. */
function isNewer(installed: string, wanted: string): boolean {
  return existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
}

/**
 * The program of a major version of Node; absent where there is none. In CI
 * there must be one, so that no runtime is left out unnoticed.
 */
export async function nodeOf(version: string): Promise<string | undefined> {
  const binary = join(toolModules, `node-${version}`, "bin", "node");
  for (const program of [binary, "node"]) {
    const { ok, stdout } = await command(program, ["--version"]);
    if (ok && stdout.startsWith(`v${version}.`)) return program;
  }
  if (Deno.env.get("CI") === undefined) return undefined;
  throw new Error(`Cannot test on Node ${version} because it is not there`);
}
