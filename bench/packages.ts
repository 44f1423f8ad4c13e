import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/*
 * What the benchmarks compare with and draw with is heavy (80 MB, native
 * addons), so it is no dependency of the project: `npm ci` and CI never see it.
 * It has a package.json and a lock file of its own beside this file and is
 * installed by the task `bench:install`, before the tasks that need it.
 *
 * better-sqlite3 is there twice. Version 13 ships binaries and runs on Deno and
 * on Node from 22; Node 20 crashes with it. Version 12 for Node 20 is compiled
 * on the spot, which takes minutes, and so it is in a folder of its own,
 * installed only for a run with that Node.
 *
 * lmdb's msgpackr-extract is held at 3.0.3: of 3.0.7 not every platform's
 * package is there, and `npm ci` refuses a lock file without them.
 */

/** This folder, both as source and in the bundle that children run. */
export const benchDir: string = /\/\.build\/[^/]+$/.test(import.meta.url)
  ? fileURLToPath(new URL("..", import.meta.url))
  : fileURLToPath(new URL(".", import.meta.url));

/** Installs what `folder`'s lock file names, unless it is there. */
export function installPackages(folder: "." | "node20"): string | undefined {
  const cwd = join(benchDir, folder);
  if (existsSync(join(cwd, "node_modules", ".package-lock.json"))) return;
  console.error(`installing the packages of ${cwd}`);
  const { error, status } = spawnSync("npm", ["ci", "--loglevel=error"], {
    cwd,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...headers() },
    shell: process.platform === "win32",
  });
  if (error) return `npm cannot be run: ${error.message}`;
  return status === 0 ? undefined : `npm ci in ${cwd} ended with ${status}`;
}

/** Node's own headers, if they came with it, so that none are downloaded. */
function headers(): Record<string, string> {
  const { stdout } = spawnSync("node", ["-p", "process.execPath"], {
    encoding: "utf8",
  });
  const prefix = dirname(dirname(String(stdout).trim()));
  return existsSync(join(prefix, "include", "node", "node_version.h"))
    ? { npm_config_nodedir: prefix }
    : {};
}

/** Loads an installed package, in a child or here. */
export function loadPackage<T>(name: string, folder = "."): T {
  return createRequire(join(benchDir, folder, "package.json"))(name) as T;
}

/** Which version of an installed package there is. */
export function versionOf(name: string, folder = "."): string {
  const file = join(benchDir, folder, "node_modules", name, "package.json");
  if (!existsSync(file)) return "not installed";
  return JSON.parse(readFileSync(file, "utf8")).version;
}
