import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Output } from "../../cli/io/cli_io.ts";
import { Wal } from "../../wal.ts";
import { assertEquals, assertStringIncludes } from "../kit/assert.ts";
import { exists } from "../kit/fs.ts";
import { test } from "../kit/register.ts";
import { wal, withSegments } from "../kit/run_tool.ts";
import { snapshotDir } from "../kit/snapshot_dir.ts";
import { withTempDir } from "../kit/temp_dir.ts";

/** The commands that need a log, and what they say they do with it. */
const READERS = [
  ["cat", "read"],
  ["inspect", "inspect"],
  ["verify", "verify"],
  ["repair", "repair"],
  ["export", "export"],
  ["doctor", "measure"],
];

test("commands that read refuse a missing directory and make none", () =>
  withTempDir(async (top) => {
    const dir = join(top, "missing");
    for (const [name, verb] of READERS) {
      const { code, stderr } = await wal([name, dir]);
      assertEquals(code, 1);
      assertEquals(
        stderr,
        `wal: Cannot ${verb} "${dir}" because there is no such directory\n`,
      );
      assertEquals(await exists(dir), false);
    }
  }));

test("commands that are given a file say that it is one", () =>
  withTempDir(async (top) => {
    const file = join(top, "file");
    await writeFile(file, "");
    const below = join(file, "below");
    for (const [name, verb] of [...READERS, ["append", "append to"]]) {
      const given = await wal([name, file]);
      assertEquals([given.code, given.stderr], [
        1,
        `wal: Cannot ${verb} "${file}" because it is a file, not a directory\n`,
      ]);
      assertEquals(
        (await wal([name, below])).stderr,
        `wal: Cannot ${verb} "${below}" because "${file}" is a file, not a ` +
          "directory\n",
      );
    }
    assertEquals(await readFile(file, "utf8"), "");
  }));

test("commands that read end at the first signal, whatever there is to read", () =>
  withSegments(async (dir) => {
    const before = await snapshotDir(dir);
    const signals = [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]];
    for (const name of ["verify", "inspect", "repair", "status"]) {
      for (const [signal, expected] of signals) {
        const controller = new AbortController();
        // Noticed only if the command gives the event loop a turn.
        setImmediate(() => controller.abort(signal));
        const interrupt = controller.signal;
        const { code, stdout, stderr } = await wal([name, dir], { interrupt });
        assertEquals([code, stdout.length], [expected, 0]);
        assertStringIncludes(stderr, "interrupted before the whole log was");
      }
    }
    await Wal.open(dir).then((log) => log.close()); // the lock is free
    const controller = new AbortController();
    setImmediate(() => controller.abort("SIGINT"));
    const interrupt = controller.signal;
    const cat = await wal(["cat", dir, "--from", "6"], { interrupt });
    assertEquals([cat.code, cat.stdout.length], [130, 0]);
    const segments = (files: [string, string][]) =>
      files.filter(([path]) => path.endsWith(".wal"));
    const after = new Map(segments(await snapshotDir(dir)));
    for (const [path, bytes] of segments(before)) {
      assertEquals(after.get(path), bytes);
    }
  }));

test("commands that read end at a signal while nobody reads what they write", () =>
  withSegments(async (dir) => {
    for (const name of ["verify", "inspect", "repair", "status"]) {
      const controller = new AbortController();
      const stdout: Output = {
        isTerminal: false,
        write() {
          controller.abort("SIGTERM");
          return new Promise(() => {});
        },
      };
      const interrupt = controller.signal;
      const { code, stderr } = await wal([name, dir], { stdout, interrupt });
      assertEquals([code, stderr], [143, ""]);
    }
  }));

const NAMES = [
  ...["append", "cat", "status", "inspect", "verify", "repair", "truncate"],
  ...["backup", "restore", "export", "import", "doctor", "lab", "completion"],
];

test("runCli() says where to find help on bad usage", async () => {
  const bad = await wal(["append", "x", "--policy", "frob"]);
  assertEquals([bad.code, bad.stdout.length], [2, 0]);
  assertStringIncludes(bad.stderr, 'Try "wal append --help"');
  const unknown = await wal(["frob"]);
  assertStringIncludes(unknown.stderr, 'Try "wal --help"');
  const option = await wal(["cat", "x", "--nope"]);
  assertStringIncludes(option.stderr, "--nope");
  assertEquals(option.stderr.includes("positional"), false);
});

test("runCli() helps with the tool, and with each command", async () => {
  const top = await wal(["--help"]);
  assertEquals([top.code, top.stderr], [0, ""]);
  for (const name of NAMES) {
    assertStringIncludes(`${top.stdout}`, `\n  ${name} `);
    const { code, stdout } = await wal([name, "--help"]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, `Usage: wal ${name} `);
    for (const args of [["help", name], [name, "log", "-h"]]) {
      assertEquals(`${(await wal(args)).stdout}`, `${stdout}`);
    }
    const long = `${top.stdout}${stdout}`.split("\n").filter((line) =>
      line.length > 80
    );
    assertEquals(long, []);
  }
});

test("runCli() shows the version", async () => {
  const config = new URL("../../deno.json", import.meta.url);
  const { version } = JSON.parse(await readFile(config, "utf8"));
  assertEquals(`${(await wal(["--version"])).stdout}`, `${version}\n`);
  const json = await wal(["--version", "--json"]);
  assertEquals(JSON.parse(`${json.stdout}`), { version });
});
