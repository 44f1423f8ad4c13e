import type { Flushing } from "../writer/flush_mode.ts";
import type { Writer } from "../writer/writer.ts";

/**
 * Begins to flush a log where its options say. Tests replace this file, to run
 * on a thread whatever runs inline.
 */
export async function startFlushing(
  { mode }: Writer,
  flushing: Flushing,
): Promise<void> {
  mode.require(flushing);
  if (flushing !== "inline") await mode.set(flushing);
}
