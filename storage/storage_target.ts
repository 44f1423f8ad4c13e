import { argumentError } from "../argument.ts";
import type {
  DenoStorage,
  FileStorageOptions,
  NodeStorage,
} from "./directory/mod.ts";
import type { Storage } from "./storage.ts";

/** How to get the storage of a target. */
export interface StorageTargetOptions {
  /** What is done with the target, for messages. */
  readonly action: string;
  /** What a target must be, for messages. */
  readonly rule: string;
  /** Creates the storage for a path. Default: that of this runtime. */
  readonly makeStorage?: ((directory: string | URL) => Storage) | undefined;
}

/**
 * The storage that `target` is, or leads to: a path or a file URL. Rejects with
 * `TypeError` if it is neither.
 */
export async function toStorage(
  target: string | URL | Storage,
  { action, rule, makeStorage }: StorageTargetOptions,
): Promise<Storage> {
  const refusal = (target: unknown) =>
    argumentError(action, "its target", rule, target, false);
  if (typeof target === "string" || target instanceof URL) {
    if (target === "") throw refusal(target);
    if (target instanceof URL && target.protocol !== "file:") {
      throw refusal(target.href);
    }
    return makeStorage === undefined
      ? await defaultStorage(target)
      : makeStorage(target);
  }
  if (typeof Object(target).open === "function") return target;
  throw refusal(target);
}

/** The default storage of this runtime for `directory`. */
export async function defaultStorage(
  directory: string | URL,
  options?: FileStorageOptions,
): Promise<DenoStorage | NodeStorage> {
  // Loaded on demand: a bundle's first part needs no files.
  const { DenoStorage, NodeStorage } = await import("./directory/mod.ts");
  return "Deno" in globalThis
    ? new DenoStorage(directory, options)
    : new NodeStorage(directory, options);
}
