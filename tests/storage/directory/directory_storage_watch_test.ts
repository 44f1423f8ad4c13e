import { mkdirSync, rmSync } from "node:fs";
import { defaultStorage } from "../../../storage/storage_target.ts";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

const ms = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

async function reportedWithin(
  most: number,
  reports: () => number,
): Promise<boolean> {
  const before = reports();
  for (let waited = 0; waited < most; waited += 5) {
    if (reports() > before) return true;
    await ms(5);
  }
  return false;
}

test("DirectoryStorage.watch() reports what another handle changes", () =>
  withTempDir(async (dir) => {
    const storage = await defaultStorage(dir);
    let count = 0;
    const stop = storage.watch(() => count++);
    assert(stop !== undefined);
    await ms(50); // Deno begins to watch a moment later.
    const other = new NodeStorage(dir);
    const file = other.open("a", "create");
    const changes = [
      () => file.write(new Uint8Array(10), 0),
      () => file.write(new Uint8Array(10), 0), // bytes that stay as long
      () => other.link("a", "b"),
      () => other.remove("b"),
      () => other.rename("a", "c"),
      () => file.truncate(3),
    ];
    for (const [index, change] of changes.entries()) {
      await ms(20);
      change();
      assert(await reportedWithin(2000, () => count), `change ${index}`);
    }
    file.close();
    stop();
    await ms(50);
    const before = count;
    other.remove("c");
    await ms(50);
    assertEquals(count, before);
  }));

test("DirectoryStorage.watch() survives that there is no directory", () =>
  withTempDir(async (dir) => {
    const missing = await defaultStorage(`${dir}/missing`);
    missing.watch(() => {})?.();
    mkdirSync(`${dir}/gone`);
    const gone = await defaultStorage(`${dir}/gone`);
    const stop = gone.watch(() => {});
    await ms(30);
    rmSync(`${dir}/gone`, { recursive: true });
    await ms(50);
    stop?.();
  }));
