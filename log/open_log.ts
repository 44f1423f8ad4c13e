import type { FrameLog } from "../storage/frame_log.ts";
import type { LogEngine } from "../storage/log_engine.ts";
import type { Storage } from "../storage/storage.ts";
import type { CheckedOptions, WalOptions } from "../wal_options.ts";

/** Where the log is: a directory, a storage, an engine, or an open frame log. */
export type WalTarget = string | URL | Storage | LogEngine | FrameLog;

/** Opens the frame log that the writer writes to. */
export async function openFrameLog(
  target: WalTarget,
  given: WalOptions<never, unknown>,
  options: CheckedOptions,
): Promise<FrameLog> {
  if (hasMethod(target, "append")) return target;
  // Loaded on demand: a bundle's first part needs neither files nor engines.
  if (hasMethod(target, "openLog")) {
    const { openEngine } = await import("./open_engine.ts");
    return await openEngine(target, given, options);
  }
  const { openStorage } = await import("./open_storage.ts");
  return await openStorage(target, given.storage, options);
}

/** Tells the kinds of targets apart. */
function hasMethod<Name extends string>(
  target: WalTarget,
  name: Name,
): target is Extract<WalTarget, Record<Name, unknown>> {
  return name in Object(target);
}
