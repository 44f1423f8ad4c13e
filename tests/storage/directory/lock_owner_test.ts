import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
} from "node:fs";
import process from "node:process";
import { acquireLock } from "../../../storage/directory/lock_file.ts";
import {
  isCopy,
  type LockPlace,
} from "../../../storage/directory/lock_owner.ts";
import { FencedError } from "../../../storage/frame_log.ts";
import { LogLockedError } from "../../../storage/storage.ts";
import { Wal } from "../../../wal.ts";
import { LogFailedError } from "../../../writer/log_failed_error.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/*
 * Goal: a lock is a name. An owner whose lock's path leads elsewhere
 * acknowledges nothing further, and a copy of a lock locks nothing. Method:
 * directories of a living owner are moved, copied and linked.
 */

test("Wal acks nothing when displaced while its lock has another link", () =>
  withTempDir(async (top) => {
    const zombie = await logOfOne(`${top}/log`);
    copyAll(`${top}/log`, `${top}/backup`, linkSync);
    const owner = await Wal.open(`${top}/log`, { takeOver: true });
    await assertFenced(zombie);
    assertEquals(await owner.append("mine"), 2);
    await owner.close();
  }));

test("Wal acks nothing when its lock was renamed as on FUSE or NFS", () =>
  withTempDir(async (top) => {
    const wal = await logOfOne(`${top}/log`);
    const name = `${top}/log/00000001.lock`;
    renameSync(name, `${top}/log/.fuse_hidden0001`);
    await assertFenced(wal);
  }));

test("Wal acks nothing when another log is at its path", () =>
  withTempDir(async (top) => {
    const zombie = await logOfOne(`${top}/log`);
    renameSync(`${top}/log`, `${top}/moved`);
    await using owner = await Wal.open(`${top}/log`);
    assert(existsSync(`${top}/log/00000001.lock`));
    await assertFenced(zombie);
    assertEquals(await owner.append("mine"), 1);
  }));

test("Wal acks nothing when a copy of its lock is at its path", () =>
  withTempDir(async (top) => {
    const zombie = await logOfOne(`${top}/log`);
    renameSync(`${top}/log`, `${top}/moved`);
    copyAll(`${top}/moved`, `${top}/log`, copyFileSync);
    await assertFenced(zombie);
  }));

test("whyLost() says what happened to the lock", () =>
  withTempDir((top) => {
    const cases: [string, (directory: string) => void][] = [
      ["another owner took over, with epoch 2", (directory) => {
        acquireLock(directory, { takeOver: true }).release();
      }],
      ["lock file was removed", (directory) => {
        unlinkSync(`${directory}/00000001.lock`);
      }],
      ["moved or removed", (directory) => {
        renameSync(directory, `${directory} moved`);
      }],
      ["another directory is at its path", (directory) => {
        renameSync(directory, `${directory} replaced`);
        mkdirSync(directory);
      }],
    ];
    for (const [index, [why, act]] of cases.entries()) {
      const directory = `${top}/${index}`;
      mkdirSync(directory);
      const lock = acquireLock(directory);
      assertEquals(lock.whyLost(), undefined);
      act(directory);
      assert(!lock.held());
      assertStringIncludes(lock.whyLost() ?? "", why);
      const error = new FencedError(directory, lock.epoch, lock.whyLost());
      assertStringIncludes(error.message, why);
      lock.release();
    }
  }));

for (
  const [how, copy] of [["copy", copyFileSync], ["link", linkSync]] as const
) {
  test(`Wal.open() opens a ${how} of a log that is open`, () =>
    withTempDir(async (top) => {
      const original = await logOfOne(`${top}/log`);
      copyAll(`${top}/log`, `${top}/backup`, copy);
      const wal = await Wal.open(`${top}/backup`);
      assertEquals(await wal.append("two"), 2);
      assert(existsSync(`${top}/backup/00000002.lock`));
      await wal.close();
      await original.close();
    }));
}

test("Wal.open() refuses a log whose directory was moved", () =>
  withTempDir(async (top) => {
    const wal = await logOfOne(`${top}/log`);
    renameSync(`${top}/log`, `${top}/moved`);
    const error = await assertRejects(
      () => Wal.open(`${top}/moved`),
      LogLockedError,
    ) as LogLockedError;
    assertEquals(error.pid, process.pid);
    assertStringIncludes(error.message, `as "${top}/log"`);
    assertStringIncludes(error.message, "takeOver: true");
    await assertFenced(wal);
    await using moved = await Wal.open(`${top}/moved`);
    assert(await moved.append("there") > 1);
  }));

const place: LockPlace = {
  directory: "/log",
  directoryInode: "9007199254740993",
  inode: "9223372036854775811",
  device: "41",
};

test("isCopy() compares what can be compared", () => {
  const other = (change: Partial<LockPlace>) => ({ ...place, ...change });
  const madeUp = { inode: undefined };
  const cases: [LockPlace, LockPlace, boolean | undefined, boolean][] = [
    [place, place, true, false],
    [place, other({ directory: "/moved" }), true, false],
    // They differ by one, which a double cannot represent.
    [place, other({ inode: "9223372036854775810" }), undefined, true],
    [place, other({ directoryInode: "9007199254740992" }), false, true],
    [place, other({ device: "42" }), true, true],
    [place, other({ device: "42" }), false, false],
    [place, other({ device: "42" }), undefined, false],
    // Where each mount numbers its files by itself.
    [other(madeUp), other({ ...madeUp, directoryInode: "7" }), true, true],
    [other(madeUp), other({ ...madeUp, directoryInode: "7" }), false, false],
    [other(madeUp), other({ ...madeUp, device: "42" }), true, false],
  ];
  for (const [said, found, isSameBoot, expected] of cases) {
    const what = JSON.stringify([said, found, isSameBoot]);
    assertEquals(isCopy(said, found, isSameBoot), expected, what);
  }
});

async function logOfOne(directory: string): Promise<Wal> {
  const wal = await Wal.open(directory);
  assertEquals(await wal.append("one"), 1);
  return wal;
}

async function assertFenced(wal: Wal): Promise<void> {
  const error = await assertRejects(() => wal.append("late"), LogFailedError);
  assertInstanceOf((error as LogFailedError).cause, FencedError);
  await wal.close().catch(() => {});
}

function copyAll(
  from: string,
  to: string,
  copy: (from: string, to: string) => void,
): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    copy(`${from}/${name}`, `${to}/${name}`);
  }
  assert(readFileSync(`${to}/00000001.lock`).length > 0);
}
