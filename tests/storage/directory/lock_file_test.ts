import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";
import { acquireLock } from "../../../storage/directory/lock_file.ts";
import {
  type KernelLock,
  thisProcess,
} from "../../../storage/directory/lock_owner.ts";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import { FencedError } from "../../../storage/frame_log.ts";
import { LogLockedError, type StorageLock } from "../../../storage/storage.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { Wal } from "../../../wal.ts";
import { LogFailedError } from "../../../writer/log_failed_error.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

test("Wal.open() refuses a second opener and names the first", async () => {
  await withTempDir(async (directory) => {
    await using _first = await Wal.open(directory);
    const error = await assertRejects(
      () => Wal.open(directory),
      LogLockedError,
    ) as LogLockedError;
    assertEquals(error.pid, process.pid);
    assertStringIncludes(error.message, directory);
  });
});

test("Wal.close() lets the next opener in", async () => {
  await withTempDir(async (directory) => {
    for (let lsn = 1; lsn <= 3; lsn++) {
      await using wal = await Wal.open(directory);
      assertEquals(await wal.append("x"), lsn);
    }
    const locks = readdirSync(directory).filter((name) =>
      name.endsWith(".lock")
    );
    assertEquals(locks, ["00000003.lock"]);
  });
});

test("Wal.open() takes over from an owner that is dead", async () => {
  await withTempDir(async (directory) => {
    writeOwner(directory, { pid: await deadPid(), runtime: "Node" });
    await using wal = await Wal.open(directory);
    assertEquals(await wal.append("x"), 1);
  });
});

test("Wal.open() takes over when a pid was given to another", async () => {
  if (!canReadProc()) return;
  await withTempDir(async (directory) => {
    const owner = { pid: process.ppid, runtime: "Node", startedAt: "1" };
    writeOwner(directory, owner);
    await using wal = await Wal.open(directory);
    assertEquals(await wal.append("x"), 1);
  });
});

test("Wal.open() takes over when the owner's thread has ended", async () => {
  const me = thisProcess();
  if (me.thread === undefined) return skip("whether a thread has ended");
  // A thread's id and start are looked up below its own process.
  const ended = [
    { ...me, runtime: "Node", thread: 2 ** 31 },
    { ...me, runtime: "Node", threadStartedAt: "1" },
    {
      ...me,
      runtime: "Node",
      pid: process.ppid,
      startedAt: undefined,
      thread: 2 ** 31,
    },
  ];
  for (const owner of ended) {
    await withTempDir(async (directory) => {
      writeOwner(directory, owner);
      await using wal = await Wal.open(directory);
      assertEquals(await wal.append("x"), 1);
    });
  }
  await withTempDir(async (directory) => {
    writeOwner(directory, { ...me, runtime: "Node" });
    await assertRejects(() => Wal.open(directory), LogLockedError);
  });
});

test("Wal.open() says what to do where threads cannot be told apart", () =>
  withTempDir(async (directory) => {
    writeOwner(directory, { pid: process.pid, runtime: "Node" });
    const error = await assertRejects(() => Wal.open(directory));
    const { message } = error as Error;
    assertStringIncludes(message, "worker thread that has ended");
    assertStringIncludes(message, "takeOver: true");
  }));

test("Wal.open() checks a process of its namespace whatever the host", async () => {
  const { bootId, pidNamespace } = thisProcess();
  if (pidNamespace === undefined) return skip("pid namespaces");
  const owner = { runtime: "Node", host: "renamed", bootId, pidNamespace };
  await withTempDir(async (directory) => {
    writeOwner(directory, { ...owner, pid: await deadPid() });
    await using wal = await Wal.open(directory);
    assertEquals(await wal.append("x"), 1);
  });
  await withTempDir(async (directory) => {
    writeOwner(directory, { ...owner, pid: process.ppid });
    const error = await assertRejects(() => Wal.open(directory));
    const { message } = error as Error;
    assertStringIncludes(message, `process ${process.ppid} has it open`);
  });
  for (const other of [{ pidNamespace: "pid:[1]" }, { bootId: "other" }]) {
    await withTempDir(async (directory) => {
      writeOwner(directory, { ...owner, pid: await deadPid(), ...other });
      const error = await assertRejects(() => Wal.open(directory));
      const { message } = error as Error;
      assertStringIncludes(message, 'on host "renamed" has it open');
      assertStringIncludes(message, "still runs is unknown on host");
      assertStringIncludes(message, "takeOver: true");
      assertStringIncludes(message, "--take-over");
      await using wal = await Wal.open(directory, { takeOver: true });
      assertEquals(await wal.append("x"), 1);
    });
  }
});

test("Wal.open() refuses a lock file that says nothing it knows", async () => {
  for (const text of ['{"pid":', "null", "7", '{"owner":1}', "\0\0x"]) {
    await withTempDir(async (directory) => {
      writeFileSync(`${directory}/00000001.lock`, text);
      const error = await assertRejects(
        () => Wal.open(directory),
        LogLockedError,
      ) as LogLockedError;
      assertEquals(error.pid, 0);
      assertStringIncludes(error.message, "00000001.lock");
      assertStringIncludes(error.message, "takeOver: true");
      await using wal = await Wal.open(directory, { takeOver: true });
      assertEquals(await wal.append("x"), 1);
    });
  }
});

test("Wal.open() says which lock file it cannot read, and what to do", () =>
  withTempDir(async (directory) => {
    // Nobody can read this as a file, not even root.
    mkdirSync(`${directory}/00000001.lock`);
    const error = await assertRejects(
      () => Wal.open(directory),
      StorageError,
    ) as StorageError;
    assertEquals(error.path, `${directory}/00000001.lock`);
    assertEquals(error.code, "EISDIR");
    assertStringIncludes(error.message, "00000001.lock");
    assertStringIncludes(error.message, "takeOver: true");
  }));

test("Wal.open() refuses when the owner is on another host", async () => {
  for (const runtime of ["Deno", "Node"]) {
    await withTempDir(async (directory) => {
      writeOwner(directory, { pid: 1, runtime, host: "elsewhere" });
      const error = await assertRejects(
        () => Wal.open(directory),
        LogLockedError,
      );
      assertStringIncludes((error as Error).message, `host "elsewhere"`);
    });
  }
});

test("Wal.open() ignores a lock file that a power loss emptied", async () => {
  for (const content of ["", "\0".repeat(200)]) {
    await withTempDir(async (directory) => {
      writeFileSync(`${directory}/00000007.lock`, content);
      await using wal = await Wal.open(directory);
      assertEquals(await wal.append("x"), 1);
      assert(existsSync(`${directory}/00000008.lock`));
    });
  }
});

test("Wal.open() with takeOver fences an owner that lives", async () => {
  await withTempDir(async (directory) => {
    const zombie = await Wal.open(directory);
    await zombie.append("one");
    const pending = zombie.append("in flight");
    const owner = await Wal.open(directory, { takeOver: true });
    // Written either before the taker looked, or refused.
    const outcome = await pending.catch((error) => error);
    assert(outcome === 2 || outcome instanceof LogFailedError);
    const error = await assertRejects(
      () => zombie.append("late"),
      LogFailedError,
    ) as LogFailedError;
    assertInstanceOf(error.cause, FencedError);
    const lsn = await owner.append("mine");
    await zombie.close();
    await owner.close();

    await using reader = await Wal.open(directory);
    const texts: string[] = [];
    for await (const { data } of reader.read()) {
      texts.push(new TextDecoder().decode(data));
    }
    assertEquals(texts.length, lsn);
    assertEquals(texts[lsn - 1], "mine");
    assert(!texts.includes("late"));
  });
});

test("Wal.open() leaves the temporary of a namesake alone", async () => {
  await withTempDir(async (directory) => {
    // In two containers two processes may have the same pid.
    const name = `${directory}/00000001.lock.${process.pid}.tmp`;
    writeFileSync(name, "");
    const live = statSync(name);
    await using _wal = await Wal.open(directory);
    const lock = statSync(`${directory}/00000001.lock`);
    assertNotEquals(lock.ino, live.ino);
  });
});

test("Wal.open() removes temporaries that nobody can use any more", async () => {
  await withTempDir(async (directory) => {
    writeFileSync(`${directory}/00000004.lock`, "");
    const names = [3, 4, 5, 6].map((n) => `0000000${n}.lock.12.tmp`);
    for (const name of names) writeFileSync(`${directory}/${name}`, "");
    await using _wal = await Wal.open(directory);
    const left = readdirSync(directory).filter((name) => /lock/.test(name));
    // The last may be that of somebody who is about to take over.
    assertEquals(left.sort(), ["00000005.lock", "00000006.lock.12.tmp"]);
  });
});

test("acquireLock() tries again when an owner removes its temporary", async () => {
  await withTempDir((directory) => {
    for (const late of [false, true]) {
      let calls = 0;
      const kernel: KernelLock = {
        hold(path) {
          if (++calls === 1) unlinkSync(path);
          if (late) readFileSync(path);
          return { stat: () => undefined, free() {} };
        },
        state: () => "unknown",
      };
      const lock = acquireLock(directory, {}, { kernel });
      assert(lock.held());
      assertEquals(calls, 2);
      lock.release();
    }
  });
});

test("acquireLock() goes above the number asked for, and leaves one file", () =>
  withTempDir((directory) => {
    const locks = () =>
      readdirSync(directory).filter((name) => /lock/.test(name));
    acquireLock(directory, { above: 6 }).release();
    assertEquals(locks(), ["00000007.lock"]);
    acquireLock(directory, { above: 7 }).release();
    assertEquals(locks(), ["00000008.lock"]);
    const zombie = acquireLock(directory, { above: 3 });
    const lock = acquireLock(directory, { above: 41, takeOver: true });
    assertEquals([zombie.epoch, lock.epoch], [9, 42]);
    assertEquals([zombie.held(), lock.held()], [false, true]);
    assertEquals(locks(), ["00000042.lock"]);
    zombie.release();
    lock.release();
  }));

test("acquireLock() contends for the next number when it goes above it", () =>
  withTempDir((directory) => {
    writeOwner(directory, { pid: process.pid, runtime: "Deno" });
    let rival: StorageLock | undefined;
    // Between the look at the lock and its being taken, a rival takes it.
    const kernel: KernelLock = {
      hold: () => ({ stat: () => undefined, free() {} }),
      state() {
        if (rival !== undefined) return "unknown";
        rival = acquireLock(directory, { takeOver: true });
        return "free";
      },
    };
    assertThrows(
      () => acquireLock(directory, { above: 41 }, { kernel }),
      LogLockedError,
    );
    assert(rival!.held());
    rival!.release();
  }));

test("Wal.open() lets one of many racing openers win", async () => {
  await withTempDir(async (directory) => {
    const opened = await Promise.allSettled(
      Array.from({ length: 8 }, () => Wal.open(new NodeStorage(directory))),
    );
    const won = opened.filter(({ status }) => status === "fulfilled");
    assertEquals(won.length, 1);
    for (const result of opened) {
      if (result.status === "fulfilled") await result.value.close();
      else assertInstanceOf(result.reason, LogLockedError);
    }
  });
});

/** Linux only, and on Deno only with all permissions. */
function canReadProc(): boolean {
  try {
    return existsSync("/proc/self/stat");
  } catch {
    skip("whether a pid was reused");
    return false;
  }
}

function skip(what: string): void {
  console.log(`skipped: ${what}: /proc cannot be read`);
}

/** The pid of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await new Promise((resolve) => child.on("exit", resolve));
  return child.pid!;
}

function writeOwner(directory: string, owner: object): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/00000001.lock`, JSON.stringify(owner));
}
