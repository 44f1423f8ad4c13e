/**
 * Goal: a log that is flushed on a thread keeps the promises of one that is
 * not, whatever becomes of the thread.
 *
 * @module
 */
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { WalReader } from "../reader/wal_reader.ts";
import { Wal } from "../wal.ts";
import { LogFailedError } from "../writer/log_failed_error.ts";
import { assert, assertEquals, assertRejects } from "./kit/assert.ts";
import { endThreads } from "./kit/end_threads.ts";
import { textsOf } from "./kit/reader_kit.ts";
import { test } from "./kit/register.ts";
import { runtime } from "./kit/runtime.ts";
import { shareIndex } from "./kit/share.ts";
import { withTempDir } from "./kit/temp_dir.ts";
import { ThreadedStorage } from "./kit/threaded_storage.ts";
import { readAgain, THREADED, until } from "./kit/threaded_log.ts";

test("Wal with a flush thread appends over several segments and opens again", async () => {
  await withTempDir(async (dir) => {
    const wal = await Wal.open(dir, { ...THREADED, segmentBytes: 8192 });
    const sent: string[] = [];
    for (let turn = 0; turn < 60; turn++) {
      const records = Array.from(
        { length: 1 + turn % 5 },
        (_, nth) => `${turn}.${nth} ${"x".repeat(turn * 10)}`,
      );
      sent.push(...records);
      const acks = records.map((record) => wal.append(record));
      assertEquals(await acks.at(-1), sent.length);
      assertEquals(wal.durableLsn, sent.length);
    }
    assert(wal.segmentCount > 5);
    assertEquals(await textsOf(wal), sent);
    await wal.close();
    assertEquals(await readAgain(dir), sent);
  });
});

test("Wal.flushSync() waits for the flush thread", async () => {
  await withTempDir(async (dir) => {
    const slow = "const sync = fs.fdatasyncSync; " +
      "fs.fdatasyncSync = (fd) => { sleep(30); sync(fd); };";
    const wal = await Wal.open(new ThreadedStorage(dir, slow), THREADED);
    await wal.append("first");
    const acks = [wal.append("second")];
    await new Promise((resolve) => setTimeout(resolve, 5));
    acks.push(wal.append("third"));
    assertEquals(wal.flushSync(), 3);
    assertEquals(wal.durableLsn, 3);
    assertEquals(await Promise.all(acks), [2, 3]);
    const last = wal.append("fourth");
    await new Promise((resolve) => setTimeout(resolve, 5));
    wal.closeSync();
    assertEquals(await last, 4);
    assertEquals(await readAgain(dir), ["first", "second", "third", "fourth"]);
  });
});

test("Wal loses nothing and acknowledges nothing twice when its thread is terminated at any instant", async () => {
  // `deno task soak:thread` goes on for longer.
  const { acked, lost, twice } = await endThreads({
    ends: 20,
    seed: shareIndex,
  });
  assert(acked > 100);
  assertEquals({ lost, twice }, { lost: 0, twice: 0 });
});

test("Wal goes on inline after an exception in its thread, and when it exits or runs out of memory", async () => {
  const failures = {
    exception: 'Atomics.wait = () => { throw new Error("a bug"); }',
    exit: "process.exit(7)",
    memory: "const all = []; for (;;) all.push(new Array(1e5).fill({}))",
  };
  for (const [name, failure] of Object.entries(failures)) {
    // Bun has no limit for the memory of a worker.
    if (name === "memory" && runtime === "bun") continue;
    await withTempDir(async (dir) => {
      const source = "let calls = 0; const write = fs.writeSync; " +
        `fs.writeSync = (...all) => { if (++calls === 3) { ${failure}; } ` +
        "return write(...all); };";
      const wal = await Wal.open(new ThreadedStorage(dir, source), THREADED);
      const sent: string[] = [];
      for (let nth = 0; nth < 8; nth++) {
        sent.push(`${name} ${nth}`);
        assertEquals(await wal.append(sent.at(-1)!), sent.length);
      }
      await until(() => wal.health.status === "degraded");
      assertEquals(await wal.append("and on"), 9);
      await wal.close();
      assertEquals(await readAgain(dir), [...sent, "and on"]);
    });
  }
});

test("Wal waits for the last call of a thread that was terminated during it", async () => {
  await withTempDir(async (dir) => {
    // What it writes last would be zeros over the frame that comes next. A
    // system call, unlike a wait, does not end with the thread.
    const slow = "let calls = 0; const write = fs.writeSync; " +
      'const children = process.getBuiltinModule("node:child_process"); ' +
      "fs.writeSync = (...all) => { " +
      'if (++calls === 3) children.execSync("sleep 0.2"); ' +
      "return write(...all); };";
    const storage = new ThreadedStorage(dir, slow);
    const wal = await Wal.open(storage, THREADED);
    const sent = ["a", "b", "c".repeat(500), "d", "e"];
    for (const record of sent.slice(0, 3)) await wal.append(record);
    const acks = [wal.append(sent[3])];
    await new Promise((resolve) => setTimeout(resolve, 50));
    storage.thread!.terminate();
    acks.push(wal.append(sent[4]));
    assertEquals(await Promise.all(acks), [4, 5]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals(await textsOf(wal), sent);
    await wal.close();
    assertEquals(await readAgain(dir), sent);
  });
});

test("Wal stops for good after an I/O error in its thread", async () => {
  for (const call of ["fdatasyncSync", "writeSync"]) {
    await withTempDir(async (dir) => {
      const broken = `let calls = 0; const call = fs.${call}; ` +
        `fs.${call} = (...all) => { if (++calls === 3) ` +
        'throw Object.assign(new Error("EIO"), { code: "EIO" }); ' +
        "return call(...all); };";
      const wal = await Wal.open(new ThreadedStorage(dir, broken), THREADED);
      const sent = ["a", "b", "c"];
      for (const record of sent) await wal.append(record);
      const error = await assertRejects(() => wal.append("lost"));
      assert(error instanceof LogFailedError);
      assert(/the device failed \(EIO\)/.test(`${error.cause}`));
      await assertRejects(() => wal.append("after"), LogFailedError);
      await wal.close();
      const texts = await readAgain(dir);
      assertEquals(texts.slice(0, 3), sent);
      assert(texts.length <= 4);
    });
  }
});

test("Wal goes on when its thread finds the disk full", async () => {
  await withTempDir(async (dir) => {
    const full = "let calls = 0; const write = fs.writeSync; " +
      "fs.writeSync = (fd, bytes, ...all) => { if (++calls % 3 === 0) { " +
      "write(fd, bytes.subarray(0, 20), 0, 20, all[2]); " +
      'throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }); } ' +
      "return write(fd, bytes, ...all); };";
    const wal = await Wal.open(new ThreadedStorage(dir, full), THREADED);
    const sent: string[] = [];
    for (let nth = 0; nth < 20; nth++) {
      sent.push(`${nth}`.padEnd(nth * 50));
      assertEquals(await wal.append(sent.at(-1)!), sent.length);
    }
    assertEquals(await textsOf(wal), sent);
    await wal.close();
    assertEquals(await readAgain(dir), sent);
  });
});

test("Wal with a thread writes to no other log that is put in its place", async () => {
  await withTempDir(async (base) => {
    const dir = join(base, "log");
    const wal = await Wal.open(dir, { warn() {} });
    await wal.append("mine");
    await wal.append("mine, too");
    await wal.append("and this");
    await cp(dir, join(base, "copy"), { recursive: true });
    renameSync(dir, join(base, "moved"));
    renameSync(join(base, "copy"), dir);
    const segment = join(
      dir,
      readdirSync(dir).find((name) => name.endsWith(".wal"))!,
    );
    const before = readFileSync(segment);
    // The thread opens the segment by its name, which leads to the copy now.
    await wal.configure({ flushing: "thread" });
    const error = await assertRejects(() => wal.append("not here"));
    assert(error instanceof LogFailedError);
    assert(/was displaced/.test(`${error.cause}`));
    await wal.close().catch(() => {});
    assertEquals(readFileSync(segment).equals(before), true);
  });
});

test("Wal with a thread is fenced by another owner", async () => {
  await withTempDir(async (dir) => {
    const wal = await Wal.open(dir, THREADED);
    for (const record of ["a", "b", "c"]) await wal.append(record);
    const other = await Wal.open(dir, { ...THREADED, takeOver: true });
    assertEquals(await other.append("d"), 4);
    const error = await assertRejects(() => wal.append("refused"));
    assert(/took over, with epoch/.test(`${(error as Error).cause}`));
    await wal.close().catch(() => {});
    await other.close();
    assertEquals(await readAgain(dir), ["a", "b", "c", "d"]);
  });
});

test("Wal.flushSync() waits for a thread that is being stopped", async () => {
  await withTempDir(async (dir) => {
    const slow = "const sync = fs.fdatasyncSync; " +
      "fs.fdatasyncSync = (fd) => { sleep(60); sync(fd); };";
    const wal = await Wal.open(new ThreadedStorage(dir, slow), THREADED);
    await wal.append("first");
    const ack = wal.append("second");
    await new Promise((resolve) => setTimeout(resolve, 5));
    const changed = wal.configure({ flushing: "inline" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    wal.enqueue("third");
    assertEquals(wal.flushSync(), 3);
    assertEquals(wal.durableLsn, 3);
    await changed;
    assertEquals(await ack, 2);
    await wal.close();
  });
});

test("Wal says what is durable if its thread ends after a sync", async () => {
  await withTempDir(async (dir) => {
    const source = "let calls = 0; const stat = fs.statSync; " +
      "fs.statSync = (...all) => { if (++calls === 2) process.exit(7); " +
      "return stat(...all); };";
    const wal = await Wal.open(new ThreadedStorage(dir, source), THREADED);
    for (const record of ["a", "b", "c"]) await wal.append(record);
    await until(() => wal.health.status === "degraded");
    // A mark says so as soon as the log is idle, or else nothing ever does.
    for (let durableLsn = 0; durableLsn < 3;) {
      await new Promise((resolve) => setTimeout(resolve));
      const reader = await WalReader.open(dir);
      durableLsn = reader.durableLsn;
      await reader.close();
    }
    await wal.close();
  });
});

test("Wal.closeSync() leaves other files alone if its thread finds the disk full", async () => {
  await withTempDir(async (base) => {
    const dir = join(base, "log");
    const full = "let calls = 0; const write = fs.writeSync; " +
      "fs.writeSync = (...all) => { if (++calls < 3) return write(...all); " +
      "sleep(30); " +
      'throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }); };';
    const wal = await Wal.open(new ThreadedStorage(dir, full), THREADED);
    const sent = ["a", "b", "c"];
    for (const record of sent) await wal.append(record);
    const refused = assertRejects(() => wal.append("d".repeat(500)));
    await new Promise((resolve) => setTimeout(resolve, 10));
    try {
      wal.closeSync();
    } catch {
      // There is no space, as far as the thread can tell.
    }
    // They get the descriptors that were just closed.
    const paths = Array.from({ length: 8 }, (_, nth) => join(base, `${nth}`));
    const open = paths.map((path) => openSync(path, "w"));
    await refused;
    for (const descriptor of open) closeSync(descriptor);
    assertEquals(paths.map((path) => statSync(path).size), Array(8).fill(0));
    assertEquals(await readAgain(dir), sent);
  });
});
