import { existsSync } from "node:fs";
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
  if (existsSync(join(toolModules, ".package-lock.json"))) return "";
  return await succeed("npm", [
    "ci",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--loglevel=error",
  ], { cwd: tools });
}

/** The program of a major version of Node; absent where there is none. */
export async function nodeOf(version: string): Promise<string | undefined> {
  const binary = join(toolModules, `node-${version}`, "bin", "node");
  for (const program of [binary, "node"]) {
    const { ok, stdout } = await command(program, ["--version"]);
    if (ok && stdout.startsWith(`v${version}.`)) return program;
  }
  return undefined;
}
