import { transform } from "esbuild";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

/** Where tests come from and go to. */
export interface TranspileOptions {
  /** The project's top directory. */
  readonly root: string;
  /** The installed package, which stands in for the library's sources. */
  readonly installed: string;
  /** Where to; a test keeps its path below it, except for its ending. */
  readonly folder: string;
}

/**
 * Makes JavaScript of tests, and of all that they import but the library: what
 * they import of it comes from the installed package. Files stay files, so that
 * there is one instance of each module. `import.meta.url` still names the
 * source, and so what lies next to it.
 *
 * @param files The test files, relative to the project's top directory.
 * @returns Their paths relative to the folder, in the same order.
 */
export async function transpileTests(
  files: readonly string[],
  options: TranspileOptions,
): Promise<string[]> {
  const pending = [...files];
  for (const file of pending) {
    for (const next of await transpile(file, options)) {
      if (!pending.includes(next)) pending.push(next);
    }
  }
  return files.map(toJs);
}

/** Returns which other files it needs. */
async function transpile(
  file: string,
  { root, installed, folder }: TranspileOptions,
): Promise<string[]> {
  const source = join(root, file);
  const target = join(folder, toJs(file));
  const needed: string[] = [];
  const moved = (specifier: string) => {
    const imported = join(dirname(file), specifier);
    const there = join(installed, toJs(imported));
    if (existsSync(there)) return relative(dirname(target), there);
    needed.push(imported);
    return toJs(specifier);
  };
  const text = await readFile(source, "utf8");
  const url = JSON.stringify(pathToFileURL(source).href);
  const { code } = await transform(
    replaceImports(text, moved).replaceAll("import.meta.url", url),
    {
      loader: "ts",
      // As they stand in the source; Deno cannot parse what esbuild makes of a
      // lone surrogate that is followed by another character.
      charset: "utf8",
      format: "esm",
      platform: "node",
      target: "node20",
      sourcefile: source,
      sourcemap: "inline",
    },
  );
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, code);
  return needed;
}

function replaceImports(
  text: string,
  moved: (specifier: string) => string,
): string {
  let result = text;
  for (
    const { fileName, pos } of ts.preProcessFile(text).importedFiles
      .toReversed()
  ) {
    if (!fileName.startsWith(".")) continue;
    const at = text.indexOf(fileName, pos);
    result = result.slice(0, at) + moved(fileName) +
      result.slice(at + fileName.length);
  }
  return result;
}

function toJs(file: string): string {
  return file.replace(/\.ts$/, ".js");
}
