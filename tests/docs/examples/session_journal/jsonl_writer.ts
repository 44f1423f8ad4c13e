import type { MemoryStorage } from "@syncline/wal/storage";
import * as fs from "node:fs/promises";

/** The four calls that a journal of lines makes. */
export interface Files {
  appendFile(file: string, text: string): Promise<void>;
  readFile(file: string): Promise<string>;
  writeFile(file: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

/** The journal that many programs have: one line of JSON per event. */
export class JsonlWriter {
  constructor(readonly file: string, readonly files: Files = onDisk) {}

  async append(event: unknown): Promise<void> {
    await this.files.appendFile(this.file, JSON.stringify(event) + "\n");
  }

  async read(): Promise<unknown[]> {
    const text = await this.files.readFile(this.file);
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  /** The same, without the lines that are not JSON. */
  async readLeniently(): Promise<unknown[]> {
    const text = await this.files.readFile(this.file);
    return text.split("\n").filter(Boolean).flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }

  async trim(keep: number): Promise<void> {
    const events = (await this.read()).slice(-keep);
    const lines = events.map((event) => JSON.stringify(event) + "\n");
    await this.files.writeFile(`${this.file}.tmp`, lines.join(""));
    await this.files.rename(`${this.file}.tmp`, this.file);
  }
}

const onDisk: Files = {
  ...fs,
  readFile: (file) => fs.readFile(file, "utf8"),
};

/** The same calls on a storage that can crash; `fsync` is about appends. */
export function filesOn(
  storage: MemoryStorage,
  { fsync = false } = {},
): Files {
  const bytesOf = (file: string) => storage.get(file) ?? new Uint8Array();
  const write = async (file: string, text: string, sync = false) => {
    const isNew = storage.get(file) === undefined;
    const handle = storage.open(file, isNew ? "create" : "write");
    let rest = new TextEncoder().encode(text);
    while (rest.length > 0) {
      const at = await handle.size();
      rest = rest.subarray(await handle.write(rest, at));
    }
    if (sync) await handle.datasync();
    await handle.close();
  };
  return {
    appendFile: (file, text) => write(file, text, fsync),
    readFile: (file) =>
      Promise.resolve(new TextDecoder().decode(bytesOf(file))),
    writeFile: (file, text) => write(file, text),
    async rename(from, to) {
      await storage.rename(from, to);
    },
  };
}
