import { Buffer } from "node:buffer";
import { join } from "node:path";
import { loadPackage } from "../../packages.ts";
import { type Contender, HandGroup } from "../contender.ts";

interface Level {
  open(): Promise<void>;
  put(key: Buffer, value: Buffer, options: { sync: true }): Promise<void>;
  batch(operations: Operation[], options: { sync: true }): Promise<void>;
  close(): Promise<void>;
}

interface Operation {
  type: "put";
  key: Buffer;
  value: Buffer;
}

async function openLevel(directory: string): Promise<Level> {
  const { ClassicLevel } = loadPackage<{
    ClassicLevel: new (path: string, options: object) => Level;
  }>("classic-level");
  const level = new ClassicLevel(join(directory, "level"), {
    keyEncoding: "buffer",
    valueEncoding: "buffer",
  });
  await level.open();
  return level;
}

/** Ascending keys, as in a log. */
function keyOf(index: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeDoubleBE(index);
  return key;
}

/** LevelDB with one put for each record. */
export const classicLevel: Contender = {
  name: "classic-level",
  how: "put with sync: true for each record",
  packages: ["classic-level"],
  kinds: ["callers"],
  async open(directory) {
    const level = await openLevel(directory);
    let index = 1;
    return {
      append: (record) => level.put(keyOf(index++), record, { sync: true }),
      close: () => level.close(),
    };
  },
};

/** LevelDB with batches grouped by hand. */
export const classicLevelGrouped: Contender = {
  name: "classic-level, grouped",
  how: "batch with sync: true, grouped by hand",
  packages: ["classic-level"],
  kinds: ["callers", "batches"],
  async open(directory) {
    const level = await openLevel(directory);
    let index = 1;
    const appendAll = (records: readonly Buffer[]) =>
      level.batch(
        records.map((value) => ({ type: "put", key: keyOf(index++), value })),
        { sync: true },
      );
    const group = new HandGroup(appendAll);
    return {
      append: (record) => group.append(record),
      appendAll,
      close: () => level.close(),
    };
  },
};
