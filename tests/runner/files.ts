import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's top directory. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** Where the runner keeps what it makes; ignored by git. */
export const buildDir: string = join(root, ".build");

/** The project that the package is installed into, for tests. */
export const projectDir: string = join(buildDir, "installed");

/** Every test file, relative to {@linkcode root}. */
export function testFiles(): string[] {
  return filesBelow("tests").filter((file) =>
    file.endsWith("_test.ts") && !file.includes("node_modules")
  );
}

/** Every file of tests that drive a browser: its name ends so. */
export function browserTestFiles(): string[] {
  return filesBelow("tests").filter((file) => file.endsWith("_in_browser.ts"));
}

/** Tells whether a test is about Deno alone: its name starts so. */
export function isDenoOnly(file: string): boolean {
  return basename(file).startsWith("deno_");
}

/**
 * Tells whether a test of Deno alone starts programs on all runtimes. They are
 * made of the library that is tested: of the package, because that has to run
 * everywhere.
 */
export function startsPrograms(file: string): boolean {
  const text = readFileSync(join(root, file), "utf8");
  return isDenoOnly(file) && text.includes("kit/process/") &&
    isOfPackage(file);
}

/** Tells whether a test of Deno alone is about the sources. */
export function isOfSources(file: string): boolean {
  const text = readFileSync(join(root, file), "utf8");
  return isDenoOnly(file) &&
    (file.startsWith("tests/bench/") || text.includes("Deno.Command"));
}

/**
 * Tells whether a test is about what the package does not hold: documents, the
 * playground, the tree. One run of it tells all.
 */
export function isOfRepository(file: string): boolean {
  return /^tests\/(docs\/(playground|figures|site|english|entry_points|origins)|layout_test)/
    .test(file);
}

/**
 * Tells whether a test explores crashes, damage, policies, laws, the writer or
 * object stores, all in memory. What it finds is the same everywhere, as a test
 * of `explore` shows. So Deno runs it of the sources alone, and of the package
 * Bun does, one of each engine; Node does with `SYNCLINE_TESTS=all`.
 */
export function isExploration(file: string): boolean {
  return new RegExp(
    "^tests/(policies|simulator|testing/laws|recovery/salvage|writer|" +
      "replicate|storage/s3/log)/|" +
      "(crash|takeover|bit_flip|damage|truncation|foreign_segment)_test\\.ts$",
  ).test(file);
}

/** Tells whether a test is run of the installed package, on Deno. */
export function isOfPackage(file: string): boolean {
  return !isOfSources(file) && !isOfRepository(file) && !isExploration(file);
}

/** Tells whether a test is run on every runtime. */
export function isPortable(file: string): boolean {
  return !isDenoOnly(file) && !isOfRepository(file);
}

/** The entry points that deno.json exports, relative to {@linkcode root}. */
export function entryPoints(): string[] {
  const config = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  return Object.values<string>(config.exports);
}

/** The documents: the README and the pages in docs/. */
export function documents(): string[] {
  const pages = filesBelow("docs").filter((file) => file.endsWith(".md"));
  return ["README.md", ...pages];
}

/** The files whose examples are run: the library's, and the documents. */
export function documentedFiles(): string[] {
  const folders = entryPoints()
    .map((file) => file.split("/").slice(1, -1).join("/"))
    .filter((folder) => folder !== "");
  const flat = readdirSync(root).filter((name) => name.endsWith(".ts"));
  const nested = [...new Set(folders)].flatMap(filesBelow)
    .filter((file) => file.endsWith(".ts"));
  return [...new Set([...flat, ...nested, ...documents()])].sort();
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), {
    recursive: true,
    withFileTypes: true,
  });
  return entries.filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
