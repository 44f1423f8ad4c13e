/*
 * Goal: the same on real files, and in real time. Method: segments are linked
 * into another directory, which is opened as a log once the first one is gone.
 */
import { linkSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

test("a directory of archived segments is a log again", async () => {
  await withTempDir(async (dir) => {
    const [path, archive] = [join(dir, "log"), join(dir, "archive")];
    mkdirSync(archive);
    const first = await Wal.open(path, { segmentBytes: 4096 });
    for (let lsn = 1; lsn <= 10; lsn++) {
      await first.append(`${lsn}`.padEnd(1000));
    }
    await first.close();
    const names: string[] = [];
    const wal = await Wal.open(path, {
      segmentBytes: 4096,
      retention: { bytes: 0, graceMs: 0, everyMs: 2 },
      async archive(segment) {
        const { name, path } = segment;
        assert(path !== undefined);
        linkSync(path, join(archive, name));
        const content = await new Response(segment.stream()).arrayBuffer();
        const bytes = readFileSync(join(archive, name));
        assertEquals(Array.from(new Uint8Array(content)), Array.from(bytes));
        names.push(name);
      },
    });
    while (wal.firstLsn <= 10) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      assertEquals(wal.health.reasons, []);
    }
    assertEquals(names.length, 4);
    await wal.close();
    rmSync(path, { recursive: true });
    const warnings: string[] = [];
    const restored = await Wal.open(archive, {
      recovery: "salvage",
      warn: (message) => warnings.push(message),
    });
    const lsns: number[] = [];
    for await (const { lsn, data } of restored.read()) {
      assertEquals(new TextDecoder().decode(data).trim(), `${lsn}`);
      lsns.push(lsn);
    }
    assertEquals(lsns, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assertEquals(warnings.length, 1);
    assert(warnings[0].includes("manifest"), warnings[0]);
    assertEquals(await restored.append("the next"), 11);
    await restored.close();
  });
});
