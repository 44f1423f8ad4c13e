/**
 * Builds `storage/thread/flush_worker_source.ts`: what a flush thread runs, as
 * text, so that no bundler has to find a file for it.
 *
 * @module
 */
import { build, stop } from "esbuild";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The module with the text, from the sources as they are. */
export async function buildFlushWorker(): Promise<string> {
  const { outputFiles: [{ text }] } = await build({
    absWorkingDir: root,
    entryPoints: ["storage/thread/flush_worker.ts"],
    bundle: true,
    write: false,
    format: "iife",
    platform: "neutral",
    target: "es2022",
    charset: "ascii",
    legalComments: "none",
  });
  const escaped = text.replace(/[\\`]|\$\{/g, "\\$&");
  return "// Built by `deno task thread`: do not edit.\n" +
    "/** What a flush thread runs: flush_worker.ts and what it imports. */\n" +
    `export const FLUSH_WORKER: string = \`${escaped}\`;\n`;
}

if (import.meta.main) {
  const path = `${root}/storage/thread/flush_worker_source.ts`;
  await writeFile(path, await buildFlushWorker());
  await stop();
}
