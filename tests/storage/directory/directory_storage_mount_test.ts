import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { WalReader } from "../../../reader/wal_reader.ts";
import { makeDirectory } from "../../../storage/directory/directory_storage.ts";
import { acquireLock } from "../../../storage/directory/lock_file.ts";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { Wal } from "../../../wal.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertThrows,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";
import { withTmpfs } from "../../kit/with_tmpfs.ts";

/*
 * Goal: a log opens in a directory that is a mount point, and an opening that
 * finds no room leaves nothing behind. Method: small file systems in memory;
 * where mounting is not permitted each test says that it was skipped.
 */

test("lock() throws ENOSPC and leaves nothing when the disk is full", () =>
  withTempDir((top) =>
    withTmpfs(`${top}/log`, "size=64k", () => {
      const directory = `${top}/log`;
      acquireLock(directory).release();
      fill(`${directory}/filler`);
      const before = readdirSync(directory);
      for (const takeOver of [false, true]) {
        assertNoSpace(directory, takeOver);
        assertEquals(readdirSync(directory), before);
      }
      unlinkSync(`${directory}/filler`);
      const lock = acquireLock(directory);
      assertEquals([lock.epoch, lock.held()], [2, true]);
      lock.release();
    })
  ));

test("lock() throws ENOSPC when there is no room for another file", () =>
  withTempDir((top) =>
    withTmpfs(`${top}/log`, "nr_inodes=4", () => {
      const directory = `${top}/log`;
      const names = ["a", "b", "c"];
      for (const name of names) writeFileSync(`${directory}/${name}`, "");
      assertNoSpace(directory, false);
      assertEquals(readdirSync(directory).sort(), names);
    })
  ));

test("Wal.open() opens a directory that is a mount point", () =>
  withTempDir((top) =>
    withTmpfs(`${top}/mnt`, "size=1m", async () => {
      mkdirSync(`${top}/mnt/log`);
      await withTmpfs(`${top}/mnt/log`, "size=1m", async () => {
        mkdirSync(`${top}/mnt/log/lost+found`);
        const remount = ["-o", "remount,ro", `${top}/mnt`];
        assertEquals(spawnSync("mount", remount).status, 0);
        const options = { warn: () => {} };
        for (const lsn of [1, 2]) {
          const wal = await Wal.open(`${top}/mnt/log`, options);
          assertEquals(await wal.append("x"), lsn);
          await wal.close();
        }
      });
    })
  ));

test("makeDirectory() needs no sync of what a directory is mounted on", () =>
  withTempDir((top) =>
    withTmpfs(`${top}/log`, "size=1m", () => {
      // As the parent in /sys does.
      const refuse = (path: string) => {
        throw Object.assign(new Error(path), { code: "EINVAL" });
      };
      makeDirectory(`${top}/log`, refuse);
      mkdirSync(`${top}/log/inside`);
      assertThrows(() => makeDirectory(`${top}/log/inside`, refuse), Error);
    })
  ));

test("Wal.open() warns where nothing survives a power loss", () =>
  withTempDir(async (top) => {
    for (const type of ["tmpfs", "ramfs"] as const) {
      await withTmpfs(`${top}/${type}`, "size=1m", async () => {
        const warnings: string[] = [];
        const warn = (text: string) => void warnings.push(text);
        const storage = new NodeStorage(`${top}/${type}`);
        const wal = await Wal.open(storage, { warn });
        assertEquals(await wal.append("x"), 1);
        await wal.close();
        assertEquals(warnings, [
          `"${top}/${type}" is on ${type}: nothing there survives power loss`,
        ]);
        // A file system without a size says nothing about its room.
        assertEquals((await storage.space()) === undefined, type === "ramfs");
      }, type);
    }
  }));

test("Wal.open() refuses a file system that is read-only, which a reader reads", () =>
  withTempDir((top) =>
    withTmpfs(`${top}/log`, "size=1m", async () => {
      const directory = `${top}/log`;
      const wal = await Wal.open(directory, { warn() {} });
      await wal.append("x");
      await wal.close();
      const remount = ["-o", "remount,ro", directory];
      assertEquals(spawnSync("mount", remount).status, 0);
      const { code, message } = await assertRejects(
        () => Wal.open(directory, { warn() {} }),
        StorageError,
      );
      assertEquals([code, message.includes(directory)], ["EROFS", true]);
      const reader = await WalReader.open(directory);
      assertEquals(reader.durableLsn, 1);
      await reader.close();
    })
  ));

function assertNoSpace(directory: string, takeOver: boolean): void {
  const error = assertThrows(
    () => new NodeStorage(directory).lock({ takeOver }),
    StorageError,
  ) as StorageError;
  assertEquals(error.code, "ENOSPC");
}

function fill(path: string): void {
  try {
    for (let size = 1024;; size += 1024) {
      writeFileSync(path, new Uint8Array(1024), { flag: "a" });
      assert(size < 1e6, "the file system has no end");
    }
  } catch (error) {
    assertEquals((error as { code?: string }).code, "ENOSPC");
  }
}
