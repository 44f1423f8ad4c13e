import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Folders of what is published. */
const folders = [
  "backup",
  "checkpoint",
  "codec",
  "log",
  "monitor",
  "opentelemetry",
  "policies",
  "port",
  "storage",
  "reader",
  "recovery",
  "replicate",
  "simulator",
  "trace",
  "testing",
  "upkeep",
  "writer",
  "cli",
];

/** An import, or an export from elsewhere. */
export interface Import {
  /** A file relative to the project, or the specifier of something else. */
  readonly to: string;
  /** Whether nothing of it is left when types are stripped. */
  readonly typeOnly: boolean;
}

/** The library's source files, relative to the project, with slashes. */
export function sourceFiles(): string[] {
  const flat = readdirSync(root).filter((name) => name.endsWith(".ts"));
  return [...flat, ...folders.flatMap(filesBelow)].sort();
}

/** The sources of benchmarks, figures and the playground. */
export function developmentFiles(): string[] {
  return ["bench", "docs"].flatMap(filesBelow).sort();
}

/** The tests, and what they use. */
export function filesOfTests(): string[] {
  return filesBelow("tests");
}

function filesBelow(folder: string): string[] {
  return readdirSync(`${root}/${folder}`, { recursive: true })
    .map((file) => `${folder}/${file}`.replaceAll("\\", "/"))
    .filter((file) =>
      file.endsWith(".ts") && !/node_modules|\.build/.test(file)
    );
}

/** The top folder that a file lies in; of one in the root, its own name. */
export function topOf(file: string): string {
  return file.split("/")[0];
}

/** Paths of imports, types included, that lead back to where they begin. */
export function circlesOf(files: readonly string[]): string[] {
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];
  const circles: string[] = [];
  const visit = (file: string) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      const circle = [...path.slice(path.indexOf(file)), file];
      circles.push(circle.join(" -> "));
      return;
    }
    state.set(file, "open");
    path.push(file);
    for (const { to } of importsOf(file)) {
      if (files.includes(to)) visit(to);
    }
    path.pop();
    state.set(file, "done");
  };
  files.forEach(visit);
  return circles;
}

/** The lines of a source file. */
export function linesOf(file: string): string[] {
  return readFileSync(`${root}/${file}`, "utf8").trimEnd().split("\n");
}

/** The functions of a source file with more than `most` lines. */
export function longFunctions(file: string, most: number): string[] {
  const text = linesOf(file).join("\n");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isFunctionLike(node) && "body" in node && node.body) {
      const [first, last] = [node.getStart(source), node.end].map((at) =>
        source.getLineAndCharacterOfPosition(at).line
      );
      const lines = last - first + 1;
      if (lines > most) found.push(`${file}:${first + 1}: ${lines} lines`);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

/** What a source file imports or exports from elsewhere, in order. */
export function importsOf(file: string): Import[] {
  const text = linesOf(file).join("\n");
  const statement =
    /^(?:import|export)\s+(type\s)?([^;"']*?)\bfrom\s+["']([^"']+)["']/gm;
  const found = [...text.matchAll(statement)].map(([, type, names, to]) => ({
    to: resolve(file, to),
    typeOnly: type !== undefined || isAllTypes(names),
  }));
  // Those in doc comments have a "*" before them on their line.
  const bare =
    /^import\s+["']([^"']+)["']|^(?!\s*\*).*\bimport\(\s*["']([^"']+)/gm;
  const others = [...text.matchAll(bare)].map(([, plain, dynamic]) => ({
    to: resolve(file, plain ?? dynamic),
    typeOnly: false,
  }));
  return [...found, ...others];
}

/** Whether the names in braces all say that they are types. */
function isAllTypes(names: string): boolean {
  const inner = /^\{([^}]*)\}\s*$/.exec(names.trim())?.[1];
  const list = inner?.split(",").map((name) => name.trim()).filter(Boolean);
  return list?.every((name) => name.startsWith("type ")) ?? false;
}

function resolve(file: string, to: string): string {
  if (!to.startsWith(".")) return to;
  return posix.join(posix.dirname(file), to);
}
