import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  describeLock,
  readLockState,
} from "../../../cli/examine/lock_state.ts";
import { Wal } from "../../../wal.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { wal, withLog } from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

const LOCK = "99999999.lock";

test("readLockState() considers an empty lock, and one of zeros, free", () =>
  withTempDir(async (dir) => {
    assertEquals(readLockState(dir), { state: "free" });
    for (const text of ["", "\0\0\0\0"]) {
      await writeFile(join(dir, LOCK), text);
      assertEquals(readLockState(dir), { state: "free" });
    }
  }));

test("readLockState() does not call garbage free, because it locks a log", () =>
  withTempDir(async (dir) => {
    for (const text of ["{}", "null", "garbage", '{"pid":"x"}']) {
      await writeFile(join(dir, LOCK), text);
      const lock = readLockState(dir);
      assert(lock.state === "unreadable");
      assertStringIncludes(lock.reason, `${LOCK}" does not name its owner`);
      const { code } = await wal(["append", dir]);
      assertEquals(code, 1);
    }
  }));

test("readLockState() recognizes a copy of a lock, which locks nothing", () =>
  withTempDir(async (top) => {
    const dir = join(top, "log");
    await using _open = await Wal.open(dir);
    assertEquals(readLockState(dir).state, "alive");
    await cp(dir, join(top, "copy"), { recursive: true });
    const lock = readLockState(join(top, "copy"));
    assertEquals(lock, { state: "free", copy: true });
    assertStringIncludes(describeLock(lock), "a copy from elsewhere");
  }));

// A directory in its place stands for whatever keeps a file from being read:
// root, which may run the tests, can read every file.
test("inspect does not call an unreadable lock free", () =>
  withLog("one\n", async (dir) => {
    await mkdir(join(dir, LOCK));
    const lock = readLockState(dir);
    assert(lock.state === "unreadable");
    assertStringIncludes(lock.reason, "EISDIR");
    const { code, stdout } = await wal(["inspect", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, `unknown: ${lock.reason}`);
    const json = JSON.parse(
      `${(await wal(["inspect", dir, "--json"])).stdout}`,
    );
    assertEquals(json.lock, lock);
  }));

test("describeLock() says who may write, or why that is unknown", () => {
  const owner = { pid: 7, runtime: "Node", host: "far" };
  assertEquals(describeLock({ state: "free" }), "free");
  assertEquals(
    describeLock({ state: "unreadable", reason: "Cannot read it" }),
    "unknown: Cannot read it",
  );
  assertEquals(
    describeLock({ state: "unknown", ...owner }),
    'held by Node process 7 on "far", if that is still running',
  );
});
