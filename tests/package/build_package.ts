import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { compile, type PackageFiles } from "./compile.ts";
import { makeManifest, OLD_TYPES } from "./manifest.ts";

/**
 * Writes the package into a folder in its final form: compiled sources,
 * documents, and a package.json.
 *
 * @param root The project's top directory.
 * @param folder Where to; emptied before.
 */
export function buildPackage(root: string, folder: string): void {
  const { exports, publish } = JSON.parse(
    readFileSync(join(root, "deno.json"), "utf8"),
  );
  const entries = Object.values<string>(exports)
    .map((entry) => entry.replace("./", ""));
  const files = compile({ root, entries });
  for (const [path, text] of oldDeclarations(files)) files.set(path, text);
  const manifest = makeManifest(root);
  files.set("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const path of Object.values(manifest.bin as Record<string, string>)) {
    chmodSync(join(folder, path), 0o755);
  }
  for (const path of documents(root, publish.include)) {
    cpSync(join(root, path), join(folder, path));
  }
}

/** Before 5.7 there was no `Uint8Array<ArrayBuffer>`, but all were one. */
function oldDeclarations(files: PackageFiles): [string, string][] {
  return [...files].filter(([path]) => path.endsWith(".d.ts"))
    .map(([path, text]) => [
      `${OLD_TYPES}/${path}`,
      text.replaceAll("Uint8Array<ArrayBuffer>", "Uint8Array"),
    ]);
}

/** What is published in addition to code: deno.json lists it, as for JSR. */
function documents(root: string, include: readonly string[]): string[] {
  return include.flatMap((pattern) => {
    if (pattern.endsWith("/")) {
      return readdirSync(join(root, pattern), { recursive: true })
        .map((name) => `${pattern}${name}`);
    }
    const [folder, ending] = pattern.split("*");
    if (ending === undefined) return [pattern];
    return readdirSync(join(root, folder))
      .map((name) => `${folder}${name}`)
      .filter((name) => name.endsWith(ending));
  }).filter((path) => /\.(md|svg|html)$|^LICENSE$|^docs\/.*\.json$/.test(path))
    .filter((path) => existsSync(join(root, path)));
}
