import { argumentError } from "./argument.ts";
import type {
  DenoStorage,
  FileStorageOptions,
  NodeStorage,
} from "./storage/directory/mod.ts";
import type { FrameLog } from "./storage/frame_log.ts";
import type { Storage } from "./storage/storage.ts";
import type { CheckedOptions, WalOptions } from "./wal_options.ts";

/** Where the log is: a directory, a storage, or an open frame log. */
export type WalTarget = string | URL | Storage | FrameLog;

/** Opens the frame log that the writer writes to. */
export async function openFrameLog(
  target: WalTarget,
  makeStorage: WalOptions["storage"],
  options: CheckedOptions,
): Promise<FrameLog> {
  if (isObject(target) && "append" in target) return target;
  // Loaded on demand, as are storages: a bundle's first part needs no files.
  const [{ openSegments }, storage] = await Promise.all([
    import("./recovery/open_segments.ts"),
    toStorage(target, makeStorage),
  ]);
  const { clock } = options;
  const time = clock.wallTime?.bind(clock) ?? Date.now;
  const log = await openSegments(storage, { ...options, time });
  try {
    const warning = await storage.warning?.();
    if (warning !== undefined) options.warn(warning);
    return log;
  } catch (error) {
    await log.close(false);
    throw error;
  }
}

async function toStorage(
  target: string | URL | Storage,
  makeStorage: WalOptions["storage"],
): Promise<Storage> {
  if (typeof target === "string" || target instanceof URL) {
    if (target === "") throw refusal(target);
    if (target instanceof URL && target.protocol !== "file:") {
      throw refusal(target.href);
    }
    return makeStorage === undefined
      ? await defaultStorage(target)
      : makeStorage(target);
  }
  if (isObject(target) && typeof target.open === "function") return target;
  throw refusal(target);
}

function refusal(target: unknown): Error {
  const rule = "a path that is not empty, a file URL, a storage or a frame log";
  return argumentError("open a log", "its target", rule, target, false);
}

/** The default storage of this runtime for `directory`. */
export async function defaultStorage(
  directory: string | URL,
  options?: FileStorageOptions,
): Promise<DenoStorage | NodeStorage> {
  const { DenoStorage, NodeStorage } = await import(
    "./storage/directory/mod.ts"
  );
  return "Deno" in globalThis
    ? new DenoStorage(directory, options)
    : new NodeStorage(directory, options);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
