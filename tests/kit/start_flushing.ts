import { MemoryThread } from "../../storage/memory/memory_thread.ts";
import type { Flushing } from "../../writer/flush_mode.ts";
import type { Writer } from "../../writer/writer.ts";

/**
 * Takes the place of log/start_flushing.ts: what tests open inline is flushed on
 * a thread instead, real in a directory, otherwise in turns of this one.
 */
export async function startFlushing(
  { mode }: Writer,
  flushing: Flushing,
): Promise<void> {
  const { files } = mode.log;
  if (files === undefined) return;
  files.startThread ??= () => Promise.resolve(new MemoryThread(files));
  await mode.set(flushing === "inline" ? "thread" : flushing);
}
