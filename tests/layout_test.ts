/**
 * Checks the layout: which folder may import which, what is private, how many
 * files there are and how long they may be, and that the file map in
 * docs/architecture.md is true.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { assert, assertEquals } from "./kit/assert.ts";
import { test } from "./kit/register.ts";
import {
  circlesOf,
  developmentFiles,
  filesOfTests,
  importsOf,
  linesOf,
  longFunctions,
  sourceFiles,
  topOf,
} from "./kit/sources.ts";
import { entryPoints, testFiles } from "./runner/files.ts";

/** Leaves in the root: they import nothing, and anybody may import them. */
const leaves = ["argument.ts", "builtin.ts", "invariant.ts", "random.ts"];

/** What puts the parts together. */
const facade = ["log", "monitor", "wal.ts", "wal_options.ts"];

/** By folder, or file of the root: which others it may import. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  policies: [],
  storage: [],
  recovery: ["storage"],
  writer: ["policies", "storage"],
  codec: ["writer"],
  checkpoint: ["storage", "writer"],
  reader: ["checkpoint", "codec", "recovery", "storage", "writer"],
  backup: ["checkpoint", "reader", "recovery", "storage"],
  replicate: [
    ...["backup", "log", "monitor", "reader", "recovery", "storage"],
    ...["wal.ts", "writer"],
  ],
  trace: ["policies", "storage", "writer"],
  upkeep: ["checkpoint", "reader", "storage", "writer"],
  simulator: ["policies", "storage", "trace", "writer"],
  monitor: ["policies", "reader", "storage", "writer"],
  "wal_options.ts": [
    ...["codec", "monitor", "policies", "reader", "recovery", "storage"],
    ...["trace", "upkeep", "writer"],
  ],
  log: [
    ...["backup", "checkpoint", "codec", "monitor", "policies", "reader"],
    ...["recovery", "storage", "upkeep", "wal_options.ts", "writer"],
  ],
  "wal.ts": [
    ...["codec", "log", "monitor", "policies", "storage", "trace", "upkeep"],
    ...["wal_options.ts", "writer"],
  ],
  port: ["codec", "log", "reader", "storage", "wal.ts", "writer"],
  opentelemetry: ["monitor", "policies", "wal.ts", "writer"],
  testing: [
    ...["backup", "checkpoint", "monitor", "policies", "reader", "recovery"],
    ...["storage", "trace", "upkeep", "wal.ts", "wal_options.ts", "writer"],
  ],
  cli: [
    ...["backup", "policies", "reader", "recovery", "replicate", "simulator"],
    ...["storage", "trace", "writer", ...facade],
  ],
  "cli.ts": ["cli"],
  "mod.ts": [
    ...["backup", "checkpoint", "codec", "policies", "reader", "recovery"],
    ...["storage", "trace", "upkeep", "writer", ...facade],
  ],
};

const library = sourceFiles();
const isBarrel = (file: string) => /(^|\/)mod\.ts$/.test(file);
const folderOf = (file: string) => file.split("/").slice(0, -1).join("/");

/** `file -> what it imports`, for each import that breaks a rule. */
function breaches(
  concerns: (file: string) => boolean,
  allows: (to: string, file: string, typeOnly: boolean) => boolean,
): string[] {
  return library.filter(concerns).flatMap((file) =>
    importsOf(file)
      .filter(({ to, typeOnly }) => !allows(to, file, typeOnly))
      .map(({ to }) => `${file} -> ${to}`)
  );
}

test("each folder imports only the folders that its arrows lead to", () => {
  const allows = (to: string, file: string) =>
    !library.includes(to) || topOf(to) === topOf(file) ||
    leaves.includes(to) || arrows[topOf(file)].includes(topOf(to));
  assertEquals(breaches((file) => !leaves.includes(file), allows), []);
  assertEquals(breaches((file) => leaves.includes(file), () => false), []);
});

test("no file imports itself by way of others, types included", () => {
  assertEquals(circlesOf([...library, ...developmentFiles()]), []);
});

test("no folder imports what is private to another one", () => {
  const shown = new Map(
    library.filter(isBarrel)
      .map((file) => [folderOf(file), importsOf(file).map(({ to }) => to)]),
  );
  const allows = (to: string, file: string) => {
    if (!library.includes(to) || topOf(to) === topOf(file)) return true;
    if (file === "cli.ts" && topOf(to) === "cli") return true;
    const folder = folderOf(to);
    const isNested = folder.includes("/");
    if (isBarrel(to)) return isNested || isBarrel(file);
    // The package shows what its entry points name, wherever it is.
    const isNamed = shown.get(topOf(to))?.includes(to) ?? false;
    return isNested ? isBarrel(file) && isNamed : !/(^|\/)_/.test(to);
  };
  assertEquals(breaches(() => true, allows), []);
});

test("the barrel of a subfolder names what others import, and no more", () => {
  for (const barrel of library.filter(isBarrel)) {
    const folder = folderOf(barrel);
    if (!folder.includes("/") || entryPoints().includes(`./${barrel}`)) {
      continue;
    }
    const users = library.filter((file) => topOf(file) !== topOf(barrel));
    const text = users.filter((file) =>
      importsOf(file).some(({ to }) => to === barrel)
    ).map((file) => linesOf(file).join("\n")).join("\n");
    const exported = linesOf(barrel).join("\n").matchAll(/\{([^}]*)\}/g);
    const names = [...exported].flatMap(([, list]) => list.split(","))
      .map((name) => name.replace(/^\s*type /, "").trim()).filter(Boolean)
      .filter((name) => /^\w+$/.test(name));
    const idle = names.filter((name) =>
      !new RegExp(`\\b${name}\\b`).test(text)
    );
    assertEquals(idle, [], barrel);
  }
});

test("the core knows of policies, storage and traces only types and decisions", () => {
  const isCore = (file: string) => file.startsWith("writer/");
  const seam = /^storage\/(format\/mod|frame_log|turns|\w+_error)\.ts$/;
  const allows = (to: string, _file: string, typeOnly: boolean) =>
    !/^(policies|storage|trace)\//.test(to) || seam.test(to) || typeOnly;
  assertEquals(breaches(isCore, allows), []);
});

test("the simulator shares the writer's flush rules and heap, and nothing else of it", () => {
  const isSimulator = (file: string) => file.startsWith("simulator/");
  const shared = ["writer/flush_rules.ts", "writer/heap.ts"];
  const allows = (to: string, _file: string, typeOnly: boolean) =>
    !to.startsWith("writer/") || shared.includes(to) || typeOnly;
  assertEquals(breaches(isSimulator, allows), []);
});

test("storage/format is pure: it imports nothing but itself and leaves", () => {
  const isFormat = (file: string) => file.startsWith("storage/format/");
  const allows = (to: string) => isFormat(to) || leaves.includes(to);
  assertEquals(breaches(isFormat, allows), []);
});

test("the library imports no package but an optional one, and files by their whole name", () => {
  const allows = (to: string, file: string) =>
    to.startsWith("node:") || /\.ts$/.test(to) || to === "deno.json" ||
    (to === "aws4fetch" && file === "storage/s3/signed_fetch.ts");
  assertEquals(breaches(() => true, allows), []);
});

test("only the command line and the test kit import node: built-ins", () => {
  const isPure = (file: string) => !/^(cli|testing)\/|^cli\.ts$/.test(file);
  const allows = (to: string, _file: string, typeOnly: boolean) =>
    !to.startsWith("node:") || typeOnly;
  assertEquals(breaches(isPure, allows), []);
  const isKit = (file: string) => file.startsWith("testing/");
  const isAssert = (to: string) =>
    !to.startsWith("node:") || to === "node:assert/strict";
  assertEquals(breaches(isKit, isAssert), []);
});

test("the library declares nothing with `using`, which Node 20 cannot parse", () => {
  const lines = library.flatMap((file) =>
    linesOf(file).map((line) => `${file}: ${line.trim()}`)
  );
  const using = /: (await )?using \w+ =|\((await )?using \w+ of/;
  assertEquals(lines.filter((line) => using.test(line)), []);
});

test("the root holds 8 files at most, the library about 350", () => {
  const root = library.filter((file) => !file.includes("/"));
  assert(root.length <= 8, root.join(" "));
  assert(library.length <= 380, `${library.length} files`);
});

test("no file is longer than 400 lines, but a table of faults, and what is built", () => {
  const files = [...library, ...developmentFiles(), ...filesOfTests()];
  const long = files.filter((file) => linesOf(file).length > 400);
  assertEquals(long, [
    "storage/thread/flush_worker_source.ts",
    "tests/testing/contract/broken_files.ts",
  ]);
});

test("no function is longer than 70 lines", () => {
  const files = [...library, ...developmentFiles()];
  assertEquals(files.flatMap((file) => longFunctions(file, 70)), []);
});

const architecture = readFileSync(
  new URL("../docs/architecture.md", import.meta.url),
  "utf8",
);

test("tests lie where their sources do", () => {
  const folders = new Set(
    [...library, ...developmentFiles()].map((file) => folderOf(file)),
  );
  const others = /^(kit|mutate|package|process|runner|vectors|docs)(\/|$)/;
  const astray = testFiles().map((file) => folderOf(file).slice(6))
    .filter((folder) => !others.test(folder) && !folders.has(folder));
  assertEquals(astray, []);
});

test("the file map in docs/architecture.md names every file, once, in its folder", () => {
  const [, map] = /## File map\n[^]*?```text\n([^]*?)```/.exec(architecture)!;
  const path: string[] = [];
  const named: string[] = [];
  for (const line of map.split("\n").filter((line) => line.trim() !== "")) {
    const [, indent, name] = /^( *)(\S+)/.exec(line)!;
    path.length = indent.length / 2;
    if (name.endsWith("/")) path.push(name);
    else named.push(path.join("") + name);
  }
  assertEquals(named.sort(), library);
});

test("docs/architecture.md says how many files there are", () => {
  const root = library.filter((file) => !file.includes("/")).length;
  const figures = `${library.length} files, ${root} of them in the root`;
  assert(architecture.includes(figures), figures);
});
