import type { FrameLog } from "../storage/frame_log.ts";
import type { Storage } from "../storage/storage.ts";
import { toStorage } from "../storage/storage_target.ts";
import type { CheckedOptions, WalOptions } from "../wal_options.ts";

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
    import("../recovery/open_segments.ts"),
    toStorage(target, {
      action: "open a log",
      rule: "a path that is not empty, a file URL, a storage or a frame log",
      makeStorage,
    }),
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

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
