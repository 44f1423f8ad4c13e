import { makeSmallLog, type SmallLog, storageOf } from "./small_log.ts";
import type { MemoryStorage } from "../../storage/memory/memory_storage.ts";

/** A log whose segments `act` has replaced or removed. */
export async function damaged(
  act: (
    log: SmallLog,
    put: (index: number, bytes?: Uint8Array) => void,
  ) => void,
  closed = true,
): Promise<MemoryStorage> {
  const log = await makeSmallLog(closed);
  const storage = storageOf(log);
  act(log, (index, bytes) => {
    const { name } = log.segments[index];
    if (bytes === undefined) storage.remove(name);
    else storage.put(name, bytes);
  });
  return storage;
}

/** A copy with one bit of a frame's records changed. */
export function spoil(
  { segments }: SmallLog,
  index: number,
  frame: number,
): Uint8Array {
  const bytes = segments[index].bytes.slice();
  bytes[segments[index].frames[frame].offset + 44] ^= 1;
  return bytes;
}
