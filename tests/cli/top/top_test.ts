import { readdir } from "node:fs/promises";
import type { Output, Terminal } from "../../../cli/io/cli_io.ts";
import { runCli } from "../../../cli/run_cli.ts";
import { LogWatch } from "../../../cli/top/watch_log.ts";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import { Wal } from "../../../wal.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import {
  collector,
  flip,
  input,
  segmentPaths,
  wal,
  withLog,
} from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** A terminal on which a key is pressed once a screen is painted. */
class FakeTerminal implements Terminal, Output {
  readonly isTerminal = true;
  readonly #out = collector();
  readonly #key: string;
  #press = (_key: string) => {};
  isRaw = false;

  constructor(key: string) {
    this.#key = key;
  }

  size() {
    return { columns: 60, rows: 20 };
  }

  onKey(press: (key: string) => void): () => void {
    this.#press = press;
    this.isRaw = true;
    return () => void (this.isRaw = false);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#out.write(bytes);
    if (this.text.includes("\x1b[J")) this.#press(this.#key);
  }

  get text(): string {
    return this.#out.bytes().toString();
  }
}

for (const [key, expected] of [["q", 0], ["\x03", 130]] as const) {
  test(`top paints screens until ${JSON.stringify(key)}, and restores the terminal`, () =>
    withTempDir(async (dir) => {
      const terminal = new FakeTerminal(key);
      const code = await runCli(["top", dir], {
        stdin: input(),
        stdout: terminal,
        stderr: collector(),
        interrupt: new AbortController().signal,
        terminal,
      });
      assertEquals([code, terminal.isRaw], [expected, false]);
      const { text } = terminal;
      assert(text.startsWith("\x1b[?1049h\x1b[?25l\x1b[Hwal top "), text);
      assert(text.endsWith("\x1b[?25h\x1b[?1049l"), text);
      assertStringIncludes(text, "nobody has the log open");
    }));
}

test("LogWatch sees an owner that does not answer by its files, and leaves none", () =>
  withTempDir(async (dir) => {
    const log = await Wal.open(dir, { status: false });
    await log.append("a record");
    const before = await readdir(dir);
    const watch = new LogWatch(
      new NodeStorage(dir),
      new AbortController().signal,
    );
    const seen = await watch.begin(0);
    assertEquals([seen.lsn.first, seen.lsn.written], [1, 1]);
    assertEquals([seen.lock.state, seen.storage.segments], ["alive", 1]);
    assertEquals(seen.notes.length, 1);
    assertStringIncludes(seen.notes[0], "the owner did not answer");
    await watch.end();
    assertEquals(await readdir(dir), before);
    await log.close();
  }));

test("LogWatch measures a log that is too damaged to be read", () =>
  withLog("one\ntwo\n", async (dir) => {
    const [segment] = await segmentPaths(dir);
    await flip(segment, 100);
    const { signal } = new AbortController();
    const watch = new LogWatch(new NodeStorage(dir), signal);
    const { storage, notes } = await watch.begin(0);
    assertEquals(storage.segments, 1);
    assert(storage.bytes > 0);
    assertStringIncludes(notes.join("\n"), "damaged");
    assertEquals(new Set(notes).size, notes.length);
    await watch.end();
  }));

test("top refuses a directory that is not there, and bad intervals", async () => {
  const missing = await wal(["top", "/nowhere/at/all"]);
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, "there is no such directory");
  const bad = await wal(["top", ".", "--interval", "0"]);
  assertEquals(bad.code, 2);
});

test("top --once refuses a directory without a log", () =>
  withTempDir(async (dir) => {
    const { code, stderr } = await wal(["top", dir, "--once"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "because it holds no log");
  }));
