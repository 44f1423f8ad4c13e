import type { LogView } from "../../reader/log_view.ts";
import type { ReadOptions } from "../../reader/reads.ts";
import type { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { Storage, StorageFile } from "../../storage/storage.ts";

const decoder = new TextDecoder();

/** A record that tells its LSN, of about `bytes` bytes. */
export function textOf(lsn: number, bytes = 8): string {
  return `${lsn} `.padEnd(bytes, ".");
}

/** All that a log, or a view of it, shows, as texts. */
export async function textsOf(
  log: { read(options?: ReadOptions): AsyncIterable<{ data: Uint8Array }> },
  options?: ReadOptions,
): Promise<string[]> {
  const texts: string[] = [];
  for await (const { data } of log.read(options)) {
    texts.push(decoder.decode(data));
  }
  return texts;
}

/** The LSNs that a view shows, each of them checked. */
export async function lsnsOf(view: LogView): Promise<number[]> {
  const lsns: number[] = [];
  for await (const { lsn, data } of view.read()) {
    const text = decoder.decode(data);
    if (!text.startsWith(`${lsn} `)) throw new Error(`${lsn} is ${text}`);
    lsns.push(lsn);
  }
  return lsns;
}

/** The whole numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/**
 * A view of `memory` on which every call throws that a reader must not make,
 * and which notes the names that were opened.
 */
export function readOnly(
  memory: MemoryStorage,
  opened: string[] = [],
): Storage {
  const refuse = (name: string) => (): never => {
    throw new Error(`A reader calls ${name}`);
  };
  const storage = {
    location: memory.location,
    list: () => memory.list(),
    watch: (wake: () => void) => memory.watch(wake),
    open(name: string, mode: string): StorageFile {
      if (mode !== "read") refuse(`open for ${mode}`)();
      opened.push(name);
      const file = memory.open(name, "read");
      return {
        read: (into, offset) => file.read(into, offset),
        size: () => file.size(),
        close: () => file.close(),
        write: refuse("write"),
        datasync: refuse("datasync"),
        truncate: refuse("truncate"),
      };
    },
  };
  const calls = ["prepare", "lock", "link", "rename", "remove"];
  const others = [...calls, "syncDirectory", "salt", "warning"];
  return {
    ...storage,
    ...Object.fromEntries(others.map((name) => [name, refuse(name)])),
  } as unknown as Storage;
}
