import { dirname, join, relative } from "node:path";
import ts from "typescript";

/** A file of the package: its path there, with slashes, and its text. */
export type PackageFiles = Map<string, string>;

/** Which sources to compile. */
export interface CompileOptions {
  /** The project's top directory. */
  readonly root: string;
  /** The entry points, relative to it. */
  readonly entries: readonly string[];
}

/**
 * Compiles the entry points and all that they import, file by file, to the same
 * paths with other endings: each module is there once, whoever imports it.
 *
 * Declarations are made of what an importer can see only, so what a public type
 * does not mention needs none. They say themselves which library of TypeScript
 * they need, as JSR allows no source to do.
 */
export function compile({ root, entries }: CompileOptions): PackageFiles {
  const program = ts.createProgram(
    entries.map((entry) => join(root, entry)),
    options(root),
  );
  fail(ts.getPreEmitDiagnostics(program));
  const files: PackageFiles = new Map();
  const write: ts.WriteFileCallback = (path, text) =>
    files.set(relative(root, path).replaceAll("\\", "/"), text);
  fail(program.emit(undefined, write, undefined, false).diagnostics);
  declare(program, root, entries, files);
  return files;
}

function options(root: string): ts.CompilerOptions {
  return {
    rootDir: root,
    outDir: root,
    module: ts.ModuleKind.NodeNext,
    // What Node 20 can parse; what is newer is written in older words.
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.esnext.disposable.d.ts"],
    types: ["deno", "node"],
    typeRoots: [join(root, "node_modules", "@types")],
    strict: true,
    noImplicitOverride: true,
    skipLibCheck: true,
    rewriteRelativeImportExtensions: true,
    newLine: ts.NewLineKind.LineFeed,
  };
}

/** Emits declarations from the entry points on, as far as they lead. */
function declare(
  program: ts.Program,
  root: string,
  entries: readonly string[],
  files: PackageFiles,
): void {
  const declaring = ts.createProgram(
    program.getRootFileNames(),
    { ...options(root), declaration: true, emitDeclarationOnly: true },
    undefined,
    program,
  );
  const pending = [...entries];
  for (const source of pending) {
    const file = declaring.getSourceFile(join(root, source));
    if (file === undefined) throw new Error(`Cannot find ${source}`);
    const write: ts.WriteFileCallback = (path, text) => {
      const imports = relativeImports(text);
      for (const { fileName } of imports) {
        const next = join(dirname(source), fileName);
        if (!pending.includes(next)) pending.push(next);
      }
      const name = relative(root, path).replaceAll("\\", "/");
      files.set(name, withLibraries(toJs(text, imports)));
    };
    fail(declaring.emit(file, write, undefined, true).diagnostics);
  }
}

function relativeImports(text: string): ts.FileReference[] {
  return ts.preProcessFile(text).importedFiles
    .filter(({ fileName }) => fileName.startsWith("."));
}

/** TypeScript writes other endings into code, but not into declarations. */
function toJs(text: string, imports: readonly ts.FileReference[]): string {
  let result = text;
  for (const { fileName, pos } of imports.toReversed()) {
    const at = text.indexOf(fileName, pos);
    result = result.slice(0, at) + fileName.replace(/\.ts$/, ".js") +
      result.slice(at + fileName.length);
  }
  return result;
}

/** Disposal is in no library that TypeScript has on by default. */
function withLibraries(text: string): string {
  return /\b(Async)?Disposable\b|\bSymbol\.(asyncD|d)ispose\b/.test(text)
    ? `/// <reference lib="esnext.disposable" />\n${text}`
    : text;
}

function fail(diagnostics: readonly ts.Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  throw new Error(ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => Deno.cwd(),
    getNewLine: () => "\n",
  }));
}
