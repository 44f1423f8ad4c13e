import {
  Compaction,
  type CompactionOptions,
} from "../../storage/s3/log/compaction/compaction.ts";
import { SlotLookup } from "../../storage/s3/log/slot_lookup.ts";
import type { ScriptedObjectLog } from "./scripted_object_log.ts";

/** Few slots and bytes are worth it already. */
export const SMALL_LIMITS = {
  slots: 4,
  bytes: 3000,
  mergedBytes: 1500,
};

let tokens = 0;

/** A compaction that has not begun. */
export function compactionOf(
  log: ScriptedObjectLog,
  options: Partial<CompactionOptions> = {},
): Compaction {
  return new Compaction(log, new SlotLookup(log), {
    ...{ token: `test-${++tokens}`, warn: () => {}, limits: SMALL_LIMITS },
    ...options,
  });
}

/** Compacts all that is worth it; rejects if it warns. */
export async function compact(
  log: ScriptedObjectLog,
  options: Partial<CompactionOptions> = {},
): Promise<void> {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const task = compactionOf(log, { warn, ...options });
  task.start();
  await task.idle();
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
}
