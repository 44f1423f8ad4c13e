import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { exists } from "../support/fs.ts";
import { test } from "../support/register.ts";
import { wal } from "../support/run_tool.ts";
import { withTempDir } from "../support/temp_dir.ts";

test("commands that read refuse a missing directory and make none", () =>
  withTempDir(async (top) => {
    const dir = join(top, "missing");
    for (const name of ["cat", "inspect", "verify", "repair", "doctor"]) {
      const { code, stderr } = await wal([name, dir]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, `wal: Cannot list "${dir}"`);
      assertEquals(await exists(dir), false);
    }
  }));

test("runCli() exits with 2 on bad usage, and 0 on help and version", async () => {
  const bad = await wal(["append", "x", "--policy", "frob"]);
  assertEquals([bad.code, bad.stdout.length], [2, 0]);
  assertStringIncludes(bad.stderr, 'Try "wal --help"');
  for (
    const name of [
      "append",
      "cat",
      "inspect",
      "verify",
      "repair",
      "doctor",
      "lab",
    ]
  ) {
    const { code, stdout } = await wal([name, "--help"]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, `Usage: wal ${name}`);
  }
  const config = new URL("../../deno.json", import.meta.url);
  const { version } = JSON.parse(await readFile(config, "utf8"));
  assertEquals(`${(await wal(["--version"])).stdout}`, `${version}\n`);
});
