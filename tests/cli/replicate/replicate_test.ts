/**
 * Tests `wal replicate`, on an engine in memory.
 *
 * @module
 */
import { join } from "node:path";
import { runCli } from "../../../cli/run_cli.ts";
import { replicate, runReplica } from "../../../cli/replicate/replicate.ts";
import { WalReader } from "../../../reader/wal_reader.ts";
import { FencedError } from "../../../storage/frame_log.ts";
import { ForeignReplicaError } from "../../../replicate/mod.ts";
import { Wal } from "../../../wal.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { MemoryObjectStore } from "../../../storage/s3/mod.ts";
import { withTempDir } from "../../kit/temp_dir.ts";
import { ReplicaEngine } from "../../kit/replica_engine.ts";
import { test } from "../../kit/register.ts";
import { collector, input, wal, withSegments } from "../../kit/run_tool.ts";

/** Runs the command on an engine; resolves with its exit code and output. */
async function run(
  directory: string,
  engine: ReplicaEngine,
  { once = true, takeOver = false, json = true, interrupt }: {
    once?: boolean;
    takeOver?: boolean;
    json?: boolean;
    interrupt?: AbortSignal;
  } = {},
) {
  const reader = await WalReader.open(directory);
  const [stdout, stderr] = [collector(), collector()];
  try {
    const code = await runReplica(reader, engine, { once, takeOver, json }, {
      ...{ stdin: input(), stdout, stderr },
      interrupt: interrupt ?? new AbortController().signal,
    });
    const lines = `${stdout.bytes()}`.trimEnd().split("\n");
    return { code, lines, stderr: `${stderr.bytes()}` };
  } finally {
    await reader.close();
  }
}

test("replicate --once copies what is there, and continues the next time", () =>
  withSegments(async (dir) => {
    const engine = new ReplicaEngine();
    const first = await run(dir, engine);
    assertEquals([first.code, first.stderr], [0, ""]);
    const { state, lsn, lagRecords } = JSON.parse(first.lines.at(-1)!);
    assertEquals({ state, lsn, lagRecords }, {
      ...{ state: "closed", lsn: 6, lagRecords: 0 },
    });
    assertEquals(engine.texts.length, 6);
    const log = await Wal.open(dir);
    await log.append("more");
    await log.close();
    const second = await run(dir, engine, { json: false });
    assertEquals(second.code, 0);
    assert(
      second.lines.at(-1)!.startsWith("closed: up to LSN 7, up to date"),
      second.lines.at(-1),
    );
    assertEquals(engine.texts.at(-1), "more");
  }));

test("replicate follows a log until it is interrupted", () =>
  withSegments(async (dir) => {
    const engine = new ReplicaEngine();
    const stop = new AbortController();
    const log = await Wal.open(dir);
    const running = run(dir, engine, {
      ...{ once: false, interrupt: stop.signal },
    });
    await log.append("while it runs");
    await log.append("and one more");
    await log.flush();
    while (engine.lastLsn < 7) await new Promise((end) => setTimeout(end, 5));
    stop.abort("SIGINT");
    const { code, lines } = await running;
    assertEquals(code, 130);
    assertEquals(JSON.parse(lines.at(-1)!).state, "closed");
    await log.close();
  }));

test("replicate ends if another log writes there, or has the place", () =>
  withSegments(async (dir) => {
    const engine = new ReplicaEngine();
    const log = await Wal.open(dir);
    const running = run(dir, engine, { once: false });
    while (engine.lastLsn < 6) await new Promise((end) => setTimeout(end, 5));
    await engine.openLog({ warn() {}, time: () => 0 });
    await log.append("late");
    await log.close();
    await assertRejects(() => running, FencedError);
    await withSegments(async (other) => {
      await assertRejects(() => run(other, engine), ForeignReplicaError);
      assertEquals((await run(other, engine, { takeOver: true })).code, 0);
    });
  }));

test("replicate keeps what --keep and --keep-records say", () => {
  const place = ["dir", "--storage", "s3://bucket"];
  const parsed = (...args: string[]) =>
    replicate.parse([...place, ...args]).retention;
  assertEquals(parsed(), undefined);
  assertEquals(parsed("--keep", "2d"), { keepMs: 172_800_000 });
  assertEquals(parsed("--keep", "500ms", "--keep-records", "0"), {
    ...{ keepMs: 500, keepRecords: 0 },
  });
});

test("replicate and restore --storage need a place they know", () =>
  withSegments(async (dir) => {
    for (
      const args of [
        ["replicate", dir],
        ["replicate", dir, "--storage", "file:///x"],
        ["replicate", dir, "--storage", "s3://bucket", "--keep", "7"],
        ["replicate", dir, "--storage", "s3://bucket", "--keep-records", "-1"],
        ["replicate", dir, "--storage", "s3://b", "--once", "--keep", "7d"],
        ["restore", "--storage", "s3://bucket"],
        ["restore", dir, "there", "--endpoint", "http://x"],
      ]
    ) {
      assertEquals((await wal(args)).code, 2, args.join(" "));
    }
  }));

test("replicate and restore --storage work on object storage", () =>
  withSegments((dir) =>
    withTempDir(async (top) => {
      const store = new MemoryObjectStore();
      const openStore = () => Promise.resolve(store);
      const place = ["--storage", "s3://bucket/log"];
      const world = { openStore };
      const copied = await wal(["replicate", dir, "--once", ...place], world);
      assertEquals([copied.code, copied.stderr], [0, ""]);
      const target = join(top, "restored");
      const restored = await wal(
        ["restore", target, "--lsn", "4", "--json", ...place],
        world,
      );
      assertEquals([restored.code, restored.stderr], [0, ""]);
      const { lastLsn, segments } = JSON.parse(`${restored.stdout}`);
      assertEquals([lastLsn, segments], [4, 1]);
      const { stdout } = await wal(["verify", target]);
      assertStringIncludes(`${stdout}`, "OK: 4 records");
      const cat = await wal(["cat", target, "--last", "1"]);
      assertEquals(`${cat.stdout}`.startsWith("record 3"), true);
    })
  ));

test("replicate and restore --storage show a terminal how far they are", () =>
  withTempDir(async (top) => {
    const log = await Wal.open(join(top, "log"), { warn() {} });
    for (let lsn = 1; lsn <= 20; lsn++) {
      await log.append(new Uint8Array(1_000_000));
    }
    await log.close();
    let slow = "";
    const store = new MemoryObjectStore({
      onCall: ({ operation, key }) => {
        const ms = 200 * (Number(key.slice(2)) - 9);
        if (operation !== slow || !(ms > 0)) return undefined;
        return { after: new Promise((resolve) => setTimeout(resolve, ms)) };
      },
    });
    const openStore = () => Promise.resolve(store);
    const shown = async (args: string[]) => {
      const stderr = { ...collector(), isTerminal: true };
      const { signal: interrupt } = new AbortController();
      const io = { stdin: input(), stdout: collector(), stderr, interrupt };
      const place = ["--storage", "s3://bucket/log"];
      assertEquals(await runCli([...args, ...place], { ...io, openStore }), 0);
      return `${stderr.bytes()}`;
    };
    slow = "create";
    const copying = await shown(["replicate", join(top, "log"), "--once"]);
    assertStringIncludes(copying, "records to go");
    slow = "get";
    const restoring = await shown(["restore", join(top, "restored")]);
    assertStringIncludes(restoring, "of 20, ");
  }));
