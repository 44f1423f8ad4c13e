import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command } from "../runner/command.ts";

/** A project that has nothing but the package, installed by npm. */
export interface InstalledProject {
  /** Its folder. */
  readonly folder: string;
  /** The package in it. */
  readonly installed: string;
}

/**
 * Makes an empty project and installs a tarball into it.
 *
 * @param tarball The path of the package's tarball.
 * @param folder Where to; emptied before.
 */
export async function installPackage(
  tarball: string,
  folder: string,
): Promise<InstalledProject> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: object) =>
    writeFileSync(join(folder, name), JSON.stringify(content, null, 2));
  write("package.json", { private: true, type: "module" });
  // Or Deno would take the sources' settings, which exclude this folder.
  write("deno.json", {
    nodeModulesDir: "manual",
    lock: false,
    test: { sanitizeOps: true, sanitizeResources: true },
  });
  const { ok, output } = await command("npm", [
    "install",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    tarball,
  ], { cwd: folder });
  if (!ok) throw new Error(`Cannot install ${tarball}:\n${output}`);
  return {
    folder,
    installed: join(folder, "node_modules", "@syncline", "wal"),
  };
}
