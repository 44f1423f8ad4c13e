import { build, type Metafile } from "esbuild";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { projectDir } from "../runner/files.ts";

/** The maximum number of bytes that `import { Wal }` alone loads, minified and gzipped. */
const LIMIT = 33_500;

/** The maximum number of bytes loaded once a log is open on any storage. */
const OPEN_LIMIT = 54_700;

/** What is loaded when it is asked for, and the module that is asked for. */
const PARTS: readonly (readonly [string, string])[] = [
  ["opening a log on a storage", "log/open_storage.js"],
  ["a directory, on any runtime", "storage/directory/mod.js"],
  ["a flush thread", "storage/thread/flush_thread.js"],
  ["following, and reads by time or backwards", "reader/on_demand.js"],
  ["a cursor", "reader/cursors/mod.js"],
  ["a checkpoint", "checkpoint/checkpoint.js"],
  ["a backup", "backup/backup_log.js"],
  ["retention, archives, automatic checkpoints", "upkeep/upkeep.js"],
  ["a trace", "trace/traced_writer.js"],
  ["alerts", "monitor/alert_watch.js"],
  ["the status that others ask for", "monitor/status_writer.js"],
  ["salvage", "recovery/salvage/salvage_log.js"],
];

/**
 * Measures what a program that imports `Wal` alone loads at once, and what each
 * part adds that is loaded when it is used. Throws beyond the limits.
 */
export async function measureSize(): Promise<string> {
  const { metafile, outputFiles } = await build({
    stdin: {
      contents: 'export { Wal } from "@syncline/wal"',
      resolveDir: projectDir,
    },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    outdir: projectDir,
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const whole = await buildWhole();
  const sizes = new Map(outputFiles.map(({ path, contents }) => [
    basename(path),
    gzipSync(contents, { level: 9 }).length,
  ]));
  const chunks = new Chunks(metafile, sizes);
  const loaded = chunks.closure("stdin.js");
  const first = chunks.size(loaded);
  const lines = [
    `size: Wal alone is ${kB(first)} gzipped, of at most ${kB(LIMIT)}`,
  ];
  lines.push(`size: in one file, with all that a log may load, ${kB(whole)}`);
  let open = first;
  for (const [what, module] of PARTS) {
    const more = chunks.closure(chunks.of(module));
    const bytes = chunks.size(more.difference(loaded));
    lines.push(`size: ${what} loads ${kB(bytes)} more`);
    if (module !== "log/open_storage.js") continue;
    for (const chunk of more) loaded.add(chunk);
    open += bytes;
  }
  if (first > LIMIT || open > OPEN_LIMIT) {
    throw new Error(
      `Cannot pass because Wal must be at most ${LIMIT} bytes, and with what ` +
        `opens a log at most ${OPEN_LIMIT}: received ${first} and ${open}\n` +
        lines.join("\n"),
    );
  }
  return lines.join("\n");
}

/** The size of a bundle that is not split: a program that opens any log. */
async function buildWhole(): Promise<number> {
  const { outputFiles: [file] } = await build({
    stdin: {
      contents: 'export { MemoryStorage, Wal } from "@syncline/wal"',
      resolveDir: projectDir,
    },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "error",
  });
  return gzipSync(file.contents, { level: 9 }).length;
}

class Chunks {
  readonly #outputs: Map<string, Metafile["outputs"][string]>;
  readonly #sizes: ReadonlyMap<string, number>;

  constructor(metafile: Metafile, sizes: ReadonlyMap<string, number>) {
    this.#outputs = new Map(
      Object.entries(metafile.outputs)
        .map(([path, output]) => [basename(path), output]),
    );
    this.#sizes = sizes;
  }

  /** The chunk that is loaded for a module. */
  of(module: string): string {
    for (const [name, { entryPoint }] of this.#outputs) {
      if (entryPoint?.endsWith(`/${module}`)) return name;
    }
    throw new Error(`${module} has no chunk`);
  }

  /** A chunk with all that it imports, without what it may import later. */
  closure(name: string, found: Set<string> = new Set()): Set<string> {
    if (found.has(name)) return found;
    found.add(name);
    for (const { path, kind } of this.#outputs.get(name)!.imports) {
      if (kind === "import-statement") this.closure(basename(path), found);
    }
    return found;
  }

  size(chunks: Iterable<string>): number {
    return [...chunks].reduce((sum, name) => sum + this.#sizes.get(name)!, 0);
  }
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
