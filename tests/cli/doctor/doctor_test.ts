import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Wal } from "../../../wal.ts";
import {
  assertEquals,
  assertGreater,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { wal } from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

test("doctor measures every way, recommends, and leaves nothing behind", () =>
  withTempDir(async (dir) => {
    const { code, stdout } = await wal(["doctor", dir, "--seconds", "0.2"]);
    assertEquals(code, 0);
    for (const text of ["zero-filled, worker", "growing, 1 MiB", "Wal.open("]) {
      assertStringIncludes(`${stdout}`, text);
    }
    assertEquals(await readdir(dir), []);
  }));

test("doctor --json has the figures of all ways, next to a log in use", () =>
  withTempDir(async (dir) => {
    const log = await Wal.open(dir);
    const run = await wal(["doctor", dir, "--seconds", "0.1", "--json"]);
    const { results, code, warnings } = JSON.parse(`${run.stdout}`);
    assertEquals(results.length, 13);
    for (const { runs, minMs, p50Ms, maxMs } of results) {
      assertGreater(runs, 0);
      assertEquals(minMs <= p50Ms && p50Ms <= maxMs, true);
    }
    assertEquals(code.length, 2);
    assertStringIncludes(warnings.join(), "has the log in this directory open");
    await log.append("not disturbed");
    await log.close();
    assertEquals((await wal(["verify", dir])).code, 0);
  }));

test("doctor removes its files when interrupted, whenever that is", () =>
  withTempDir(async (dir) => {
    for (const afterMs of [0, 10, 60, 200]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort("SIGINT"), afterMs);
      const { code, stdout } = await wal(["doctor", dir, "--seconds", "600"], {
        interrupt: controller.signal,
      });
      assertEquals([code, stdout.length], [130, 0]);
      assertEquals(await readdir(dir), []);
    }
  }));

test("doctor refuses a file", () =>
  withTempDir(async (dir) => {
    const file = join(dir, "file");
    await writeFile(file, "");
    const { code, stderr } = await wal(["doctor", file]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "it is a file, not a directory");
  }));
