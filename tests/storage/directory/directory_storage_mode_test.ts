import { mkdirSync, readdirSync, statSync } from "node:fs";
import process from "node:process";
import { DenoStorage } from "../../../storage/directory/deno_storage.ts";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import { Wal } from "../../../wal.ts";
import { assert, assertEquals, assertThrows } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** The storages that this runtime has. */
const storages = [NodeStorage, ...("Deno" in globalThis ? [DenoStorage] : [])];

/** Permission bits of all that is in a directory, by name. */
function modesIn(dir: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(dir).map((name) => [
      name,
      (statSync(`${dir}/${name}`).mode & 0o777).toString(8),
    ]),
  );
}

for (const Storage of storages) {
  test(`${Storage.name} gives all that it creates the mode it was given`, () =>
    withTempDir(async (scratch) => {
      if (process.platform === "win32") return;
      for (const mode of [0o600, 0o640, 0o664, 0o666]) {
        const dir = `${scratch}/${mode}/log`;
        const options = { segmentBytes: 4096 };
        const wal = await Wal.open(new Storage(dir, { mode }), options);
        for (let lsn = 1; lsn <= 9; lsn++) await wal.append("".padEnd(1500));
        await wal.checkpoint(() => "state");
        await (await wal.cursor("billing")).commit(9);
        await wal.append("");
        await wal.truncateAfter(9);
        const text = mode.toString(8);
        for (const [name, found] of Object.entries(modesIn(dir))) {
          assertEquals(found, text, name);
        }
        assert(Object.keys(modesIn(dir)).length > 4);
        await wal.close();
        const folders = { 0o600: "700", 0o640: "750", 0o664: "775" };
        const folder = folders[mode as keyof typeof folders] ?? "777";
        assertEquals(modesIn(`${scratch}/${mode}`), { log: folder });
        assertEquals(modesIn(scratch)[mode], folder);
      }
    }));

  test(`${Storage.name} leaves what exists as it is`, () =>
    withTempDir(async (scratch) => {
      if (process.platform === "win32") return;
      const dir = `${scratch}/log`;
      mkdirSync(dir, { mode: 0o711 });
      const plain = await Wal.open(new Storage(dir));
      await plain.append("one");
      await plain.close();
      const before = modesIn(dir);
      const wal = await Wal.open(new Storage(dir, { mode: 0o600 }));
      await wal.append("two");
      await wal.close();
      assertEquals(modesIn(scratch), { log: "711" });
      const [segment] = Object.keys(before).filter((name) =>
        name.endsWith(".wal")
      );
      assertEquals(modesIn(dir)[segment], before[segment]);
    }));

  test(`${Storage.name} refuses a mode that would lock its owner out`, () => {
    for (const mode of [0o400, 0o577, 0o1000, 640, -1, NaN, "600" as never]) {
      assertThrows(() => new Storage("/nowhere", { mode }), Error, "mode must");
    }
  });
}
