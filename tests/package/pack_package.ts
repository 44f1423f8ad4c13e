import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { command } from "../runner/command.ts";
import { buildPackage } from "./build_package.ts";

/** A tarball that was made. */
export interface Packed {
  /** Its path. */
  readonly tarball: string;
  /** The folder that was packed. */
  readonly folder: string;
  /** How many files it has. */
  readonly files: number;
  /** Its size. */
  readonly bytes: number;
}

/**
 * Builds the package in a folder below `buildDir` and packs it next to it.
 *
 * @param root The project's top directory.
 * @param buildDir Where to.
 */
export async function pack(root: string, buildDir: string): Promise<Packed> {
  const folder = join(buildDir, "package");
  mkdirSync(buildDir, { recursive: true });
  // A tarball of an older version must not be mistaken for this one.
  for (const name of readdirSync(buildDir)) {
    if (name.endsWith(".tgz")) rmSync(join(buildDir, name));
  }
  buildPackage(root, folder);
  const { ok, stdout, output } = await command("npm", [
    "pack",
    "--json",
    "--ignore-scripts",
    `--pack-destination=${buildDir}`,
  ], { cwd: folder });
  if (!ok) throw new Error(`Cannot pack ${folder}:\n${output}`);
  // One object in a list, or, from npm 12 on, by the package's name.
  const [packed] = Object.values<NpmPack>(JSON.parse(stdout));
  return {
    tarball: join(buildDir, packed.filename),
    folder,
    files: packed.entryCount,
    bytes: packed.size,
  };
}

/** What `npm pack --json` prints about a tarball. */
interface NpmPack {
  filename: string;
  entryCount: number;
  size: number;
}
