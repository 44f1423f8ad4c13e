import type { DenoStorage } from "./storage/deno_storage.ts";
import type { FileStorageOptions } from "./storage/file_storage_options.ts";
import type { FrameLog } from "./storage/frame_log.ts";
import type { NodeStorage } from "./storage/node_storage.ts";
import type { Storage } from "./storage/storage.ts";
import type { CheckedOptions, WalOptions } from "./wal_options.ts";

/** Where a log is: a directory, a storage, or a frame log that is open. */
export type WalTarget = string | URL | Storage | FrameLog;

/** Makes of `target` what the writer writes to. */
export async function openFrameLog(
  target: WalTarget,
  makeStorage: WalOptions["storage"],
  options: CheckedOptions,
): Promise<FrameLog> {
  if (isObject(target) && "append" in target) return target;
  // Loaded here, not imported, as below: a log has the parts that it asks for.
  const [{ openSegments }, storage] = await Promise.all([
    import("./recovery/open_segments.ts"),
    toStorage(target, makeStorage),
  ]);
  const { clock } = options;
  const time = () => clock.wallTime?.() ?? Date.now();
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
    if (`${target}` === "") {
      throw new TypeError(
        `Cannot open a log without a directory: received ""`,
      );
    }
    if (target instanceof URL && target.protocol !== "file:") {
      throw new TypeError(
        `Cannot open a log as its URL must be a file: received ${target}`,
      );
    }
    return makeStorage === undefined
      ? await defaultStorage(target)
      : makeStorage(target);
  }
  if (isObject(target) && typeof target.open === "function") return target;
  throw new TypeError(
    "Cannot open a log as its target must be a path, a file URL, a storage " +
      `or a frame log: received ${String(target)}`,
  );
}

/**
 * The storage of this runtime's own for `directory`. Only that one is loaded,
 * so that a program which opens another has none of them in its first chunk.
 */
export async function defaultStorage(
  directory: string | URL,
  options?: FileStorageOptions,
): Promise<DenoStorage | NodeStorage> {
  if ("Deno" in globalThis) {
    const { DenoStorage } = await import("./storage/deno_storage.ts");
    return new DenoStorage(directory, options);
  }
  const { NodeStorage } = await import("./storage/node_storage.ts");
  return new NodeStorage(directory, options);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
