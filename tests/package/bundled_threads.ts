import { build } from "esbuild";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../runner/files.ts";
import { succeed } from "../runner/gate.ts";
import { bundleWithTool, writeProgram } from "./programs.ts";
import { nodeOf } from "./tools.ts";

const BUN = join(root, "node_modules", "bun", "bin", "bun.exe");

const DENO = [Deno.execPath(), "run", "-A", "--no-config"];

/** What `consumer/thread_program.ts` prints. */
const OUTPUT = "kept 1000; the thread is healthy, and made all flushes but 1\n";

/** How a program is bundled, and what runs it: all minified. */
interface Case {
  readonly name: string;
  /** Writes the bundle of `input` into a folder; returns its main file. */
  bundle(input: string, folder: string): Promise<string>;
  /** What is started, with the main file as its last argument. */
  runtime(): Promise<readonly string[]>;
}

const CASES: readonly Case[] = [
  {
    name: "esbuild, cjs",
    bundle: (input, folder) => withEsbuild(input, folder, "cjs"),
    runtime: () => node("20"),
  },
  {
    name: "esbuild, esm",
    bundle: (input, folder) => withEsbuild(input, folder, "esm"),
    runtime: () => Promise.resolve(DENO),
  },
  {
    name: "vite",
    bundle: (input, folder) => bundleWithTool("vite", input, folder, "node"),
    runtime: () => node("24"),
  },
  {
    name: "bun build for Node",
    bundle: (input, folder) => withBun(input, folder, "node"),
    runtime: () => node("22"),
  },
  {
    name: "bun build for Bun",
    bundle: (input, folder) => withBun(input, folder, "bun"),
    runtime: () => Promise.resolve([BUN]),
  },
  {
    name: "bun build --compile",
    bundle: (input, folder) => withBun(input, folder, "bun", "--compile"),
    runtime: () => Promise.resolve([]),
  },
];

/**
 * Bundles a program that flushes on a thread, and runs it in a folder where
 * nothing else is: the thread's code has to be in the bundle.
 */
export async function bundleThreads(): Promise<string> {
  const input = await writeProgram("thread_program");
  for (const { name, bundle, runtime } of CASES) {
    const folder = mkdtempSync(join(tmpdir(), "syncline-"));
    try {
      const main = join(folder, await bundle(input, folder));
      const [program, ...args] = [...await runtime(), main];
      const output = await succeed(program, args, { cwd: folder });
      if (output !== OUTPUT) throw new Error(`${name}: ${output}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return OUTPUT;
}

async function node(version: string): Promise<readonly string[]> {
  return [await nodeOf(version) ?? "node"];
}

async function withEsbuild(
  input: string,
  folder: string,
  format: "cjs" | "esm",
): Promise<string> {
  const main = format === "cjs" ? "main.cjs" : "main.mjs";
  await build({
    entryPoints: [input],
    outfile: join(folder, main),
    bundle: true,
    format,
    platform: "node",
    minify: true,
    logLevel: "error",
  });
  return main;
}

async function withBun(
  input: string,
  folder: string,
  target: "node" | "bun",
  ...more: string[]
): Promise<string> {
  const main = more.length > 0 ? "main" : "main.mjs";
  await succeed(BUN, [
    ...["build", input, `--target=${target}`, "--minify", ...more],
    `--outfile=${join(folder, main)}`,
  ]);
  return main;
}
