/*
 * Goal: where there is no log on object storage, or no answer, the tool says so,
 * and can be stopped. Method: the tool in this process, on a store in memory.
 */
import { runCli } from "../../cli/run_cli.ts";
import { MemoryObjectStore } from "../../storage/s3/mod.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assert, assertEquals, assertStringIncludes } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { collector, input, wal } from "../kit/run_tool.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const PLACE = ["--storage", "s3://bucket/log"];

test("cat and verify --storage say that there is no log, and cat --follow waits for one", async () => {
  const store = new MemoryObjectStore();
  const openStore = () => Promise.resolve(store);
  await store.create("something/else", new Uint8Array(), { id: "1" });
  for (const args of [["cat"], ["cat", "--json"], ["verify"]]) {
    const { code, stdout, stderr } = await wal([...args, ...PLACE], {
      openStore,
    });
    assertEquals([code, `${stdout}`], [1, ""], `${args}`);
    assertStringIncludes(stderr, "because it holds no log");
  }
  const stop = new AbortController();
  const following = wal(["cat", ...PLACE, "--follow"], {
    openStore,
    interrupt: stop.signal,
    stdout: {
      isTerminal: false,
      write(bytes) {
        assertEquals(new TextDecoder().decode(bytes), "one\n");
        stop.abort("SIGINT");
        return Promise.resolve();
      },
    },
  });
  await wal(["append", ...PLACE], { openStore, stdin: input("one\n") });
  assertEquals((await following).code, 130);
});

test("append and restore --storage end with Ctrl-C though the store does not answer", async () => {
  await withTempDir(async (target) => {
    for (const command of [["append"], ["restore", `${target}/restored`]]) {
      const stop = new AbortController();
      const silent = new MemoryObjectStore();
      let answer = () => {};
      silent.get = () => {
        stop.abort("SIGINT");
        return new Promise((_, reject) => {
          answer = () => reject(new Error("too late"));
        });
      };
      const { code, stderr } = await wal([...command, ...PLACE], {
        openStore: () => Promise.resolve(silent),
        interrupt: stop.signal,
        stdin: input("never read\n"),
      });
      assertEquals(code, 130, `${command}`);
      assertStringIncludes(stderr, "interrupted");
      answer();
    }
  });
});

test("status --storage tells a terminal that it waits for an answer", async () => {
  const silent = new MemoryObjectStore();
  const stop = new AbortController();
  silent.list = ({ signal } = {}) =>
    new Promise((_, reject) =>
      signal!.addEventListener("abort", () => reject(new Error("stopped")))
    );
  const stderr = { ...collector(), isTerminal: true };
  let code: number | undefined;
  const running = runCli(["status", ...PLACE], {
    ...{ stdin: input(), stdout: collector(), stderr },
    interrupt: stop.signal,
    openStore: () => Promise.resolve(silent),
  }).then((ended) => code = ended);
  const asking = `asking ${silent.location} for 1 s`;
  const isShown = () => `${stderr.bytes()}`.includes(asking);
  while (code === undefined && !isShown()) await anotherTurn();
  stop.abort("SIGINT");
  assertEquals(await running, 130);
  assert(`${stderr.bytes()}`.includes(`${asking}\r\x1b[K`), "is not erased");
});
