import { DenoStorage } from "../../../../storage/directory/deno_storage.ts";
import { NodeStorage } from "../../../../storage/directory/node_storage.ts";
import type { Storage } from "../../../../storage/storage.ts";
import { type Lie, LyingStorage } from "./lying_storage.ts";

/** How system calls are made; `"node"`: through node:fs, even on Deno. */
export type Io = "blocking" | "threaded" | "node";

/** The storage of the runtime, or one that lies. */
export function chooseStorage(directory: string, io: Io, lie?: Lie): Storage {
  if (lie !== undefined) return new LyingStorage(directory, lie);
  if (io === "node") return new NodeStorage(directory);
  return "Deno" in globalThis
    ? new DenoStorage(directory, { io })
    : new NodeStorage(directory, { io });
}
