import { openSegments } from "../recovery/open_segments.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import type { Storage } from "../storage/storage.ts";
import { toStorage } from "../storage/storage_target.ts";
import type { CheckedOptions, WalOptions } from "../wal_options.ts";

/** Opens a log of segment files; loaded with the first one. */
export async function openStorage(
  target: string | URL | Storage,
  makeStorage: WalOptions["storage"],
  options: CheckedOptions,
): Promise<FrameLog> {
  const storage = await toStorage(target, {
    action: "open a log",
    rule: "a path that is not empty, a file URL, a storage, an engine or a " +
      "frame log",
    makeStorage,
  });
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
