import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/*
 * The packages that experiments compare with and draw with are heavy (80 MB,
 * native addons), so they are not dependencies of the project: `npm ci` and CI
 * never see them. They have their own package.json and lock file in this folder.
 * The task `bench:install` installs them before the tasks that need them.
 *
 * better-sqlite3 is there twice. Version 13 ships binaries and runs on Deno and
 * on Node 22 or later; it crashes Node 20. Version 12 for Node 20 is compiled
 * during installation, which takes minutes, so it has its own folder and is
 * installed only for a run with that Node.
 *
 * lmdb's msgpackr-extract is pinned to 3.0.3: 3.0.7 lacks the packages of some
 * platforms, and `npm ci` refuses a lock file without them.
 */

/** This folder, whether the code runs from source or from a worker's bundle. */
export const benchDir: string = /\/\.build\/[^/]+$/.test(import.meta.url)
  ? fileURLToPath(new URL("..", import.meta.url))
  : fileURLToPath(new URL(".", import.meta.url));

/** Installs the packages of a folder, once; returns what went wrong. */
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

/** Node's own headers, if it came with them, so that none are downloaded. */
function headers(): Record<string, string> {
  const { stdout } = spawnSync("node", ["-p", "process.execPath"], {
    encoding: "utf8",
  });
  const prefix = dirname(dirname(String(stdout).trim()));
  return existsSync(join(prefix, "include", "node", "node_version.h"))
    ? { npm_config_nodedir: prefix }
    : {};
}

/** Loads an installed package, here or in a worker. */
export function loadPackage<T>(name: string, folder = "."): T {
  return createRequire(join(benchDir, folder, "package.json"))(name) as T;
}

/** The version of an installed package. */
export function versionOf(name: string, folder = "."): string {
  const file = join(benchDir, folder, "node_modules", name, "package.json");
  if (!existsSync(file)) return "not installed";
  return JSON.parse(readFileSync(file, "utf8")).version;
}
