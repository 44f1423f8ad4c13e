/*
 * Goal: a log withstands what operators do to its directory while it is open:
 * lock files deleted, the directory moved, segments linked to, copied live.
 * Method: real files, done to as by a shell.
 */
import {
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { textsOf } from "../kit/reader_kit.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const QUIET: WalOptions = { warn() {} };

test("Wal.open() never gives an epoch twice when lock files are gone", () =>
  withTempDir(async (dir) => {
    const epochs = new Set<string>();
    for (let nth = 0; nth < 6; nth++) {
      for (const name of readdirSync(dir)) {
        if (name.endsWith(".lock")) rmSync(`${dir}/${name}`);
      }
      const wal = await Wal.open(dir, QUIET);
      // Not every opening appends.
      if (nth % 2 === 0) assertEquals(await wal.append("x"), nth / 2 + 1);
      await wal.close();
      const names = readdirSync(dir).filter((name) =>
        name.endsWith(".manifest")
      );
      assertEquals(names.length, 1);
      assert(!epochs.has(names[0]), names[0]);
      epochs.add(names[0]);
    }
  }));

test("Wal of a directory that was moved away replaces nothing of a new log there", () =>
  withTempDir(async (scratch) => {
    const dir = `${scratch}/log`;
    const options = { ...QUIET, segmentBytes: 4096 };
    const old = await Wal.open(dir, options);
    for (let nth = 0; nth < 5; nth++) await old.append("old".padEnd(1000));
    renameSync(dir, `${scratch}/moved`);
    const fresh = await Wal.open(dir, options);
    for (let nth = 0; nth < 9; nth++) await fresh.append("new".padEnd(1000));
    await anotherTurn(); // It falls idle, and says what is synced.
    const before = new Map(
      readdirSync(dir).map((name) => [name, readFileSync(`${dir}/${name}`)]),
    );
    for (let nth = 0; nth < 5; nth++) {
      await assertRejects(() => old.append("late".padEnd(1000)));
    }
    await old.close().catch(() => {});
    for (const [name, bytes] of before) {
      assertEquals(readFileSync(`${dir}/${name}`), bytes, name);
    }
    const texts = (await textsOf(fresh)).map((text) => text.trim());
    assertEquals(texts, new Array(9).fill("new"));
    await fresh.close();
    const moved = await Wal.open(`${scratch}/moved`, {
      ...options,
      takeOver: true,
    });
    // What was rejected as indeterminate may be there, and nothing new is.
    const kept = (await textsOf(moved)).map((text) => text.trim());
    assertEquals(kept.slice(0, 5), new Array(5).fill("old"));
    assert(!kept.includes("new"));
    await moved.close();
  }));

test("Wal never writes to a segment that a backup has a link to", () =>
  withTempDir(async (scratch) => {
    const dir = `${scratch}/log`;
    const wal = await Wal.open(dir, { ...QUIET, segmentBytes: 64 * 1024 });
    const backups = new Map<string, Uint8Array>();
    for (let round = 0; round < 12; round++) {
      for (let nth = 0; nth < 40; nth++) {
        await wal.append(`${round}`.padEnd(4000));
      }
      mkdirSync(`${scratch}/${round}`);
      for (const name of readdirSync(dir)) {
        if (!name.endsWith(".wal")) continue;
        const path = `${scratch}/${round}/${name}`;
        linkSync(`${dir}/${name}`, path);
        // The last one is still written to, after what it has.
        if (name !== lastOf(dir)) backups.set(path, readFileSync(path));
      }
      await wal.truncateBefore(await wal.flush());
    }
    await wal.close();
    assert(backups.size > 12, `${backups.size}`);
    for (const [path, bytes] of backups) {
      assertEquals(readFileSync(path).equals(bytes), true, path);
    }
  }));

function lastOf(dir: string): string | undefined {
  return readdirSync(dir).filter((name) => name.endsWith(".wal")).sort().at(-1);
}

test("Wal.open() opens a copy of a live log, as a crash would have left it", () =>
  withTempDir(async (scratch) => {
    const dir = `${scratch}/log`;
    const owner = await Wal.open(dir, QUIET);
    await owner.append("one");
    cpSync(dir, `${scratch}/copy`, { recursive: true });
    const copy = await Wal.open(`${scratch}/copy`, QUIET);
    assertEquals(await textsOf(copy), ["one"]);
    assertEquals(await copy.append("two"), 2);
    assertEquals(await owner.append("also two"), 2);
    await copy.close();
    await owner.close();
  }));
