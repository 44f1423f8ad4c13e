import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "../../../storage/directory/directory_storage.ts";
import { assert, assertEquals, assertThrows } from "../../kit/assert.ts";
import { canReadProc } from "../../kit/can_read_proc.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/*
 * Goal: a log's directory is not lost in a power loss. Method: the sync of a
 * directory is replaced by one that notes what was there at that moment.
 * tests/process/ looks at the system calls themselves.
 */

test("makeDirectory() syncs each level before it makes the next", () =>
  withTempDir((top) => {
    const seen: [string, string[]][] = [];
    const note = (path: string) => seen.push([path, readdirSync(path)]);
    makeDirectory(`${top}/a/b/log`, note);
    assertEquals(seen.map(([path]) => path), [
      dirname(top),
      top,
      `${top}/a`,
      `${top}/a/b`,
    ]);
    assertEquals(seen.slice(1).map(([, names]) => names), [
      ["a"],
      ["b"],
      ["log"],
    ]);
  }));

test("makeDirectory() syncs the parent when the directory is there", () =>
  withTempDir((top) => {
    mkdirSync(`${top}/log`);
    const synced: string[] = [];
    makeDirectory(`${top}/log`, (path) => synced.push(path));
    assertEquals(synced, [top]);
  }));

test("makeDirectory() skips a parent that must not be read", () =>
  withTempDir((top) => {
    mkdirSync(`${top}/log`);
    for (const fault of [{ code: "EACCES" }, { name: "NotCapable" }]) {
      makeDirectory(`${top}/log`, () => refuse(fault));
    }
    const broken = () =>
      makeDirectory(`${top}/log`, () => refuse({ code: "EIO" }));
    assertThrows(broken, Error, "refused");
  }));

test("makeDirectory() makes no directory that already exists", () =>
  withTempDir((top) => {
    // Nobody may write to /proc, not even root, and few may sync it.
    if (!canReadProc()) return;
    makeDirectory("/proc/self", () => {});
    assertThrows(() => makeDirectory("/proc/self/log", () => {}));
    symlinkSync(`${top}/nowhere`, `${top}/link`);
    assertThrows(() => makeDirectory(`${top}/link`), Error, "EEXIST");
  }));

test("makeDirectory() leaves nothing that it could not sync", () =>
  withTempDir((top) => {
    const make = () =>
      makeDirectory(`${top}/a/log`, (path) => {
        if (path === `${top}/a`) refuse({ code: "EACCES" });
      });
    assertThrows(make, Error, "refused");
    assert(!existsSync(`${top}/a/log`));
    assertThrows(make, Error, "refused");
  }));

test("makeDirectory() says so when a file is in the way", () =>
  withTempDir((top) => {
    writeFileSync(`${top}/file`, "x");
    assertThrows(() => makeDirectory(`${top}/file`), Error, "EEXIST");
    assertThrows(() => makeDirectory(`${top}/file/log`), Error, "EEXIST");
    assertEquals(readFileSync(`${top}/file`, "utf8"), "x");
  }));

function refuse(fault: { code?: string; name?: string }): never {
  throw Object.assign(new Error("refused"), fault);
}
