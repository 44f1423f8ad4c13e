import {
  explainFull,
  isOutOfSpace,
  StorageError,
  StorageFullError,
} from "../../storage/storage_error.ts";
import { assert, assertEquals, assertStringIncludes } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const failed = (code: string) =>
  StorageError.wrap("write to", "/a/b", { code });

test("isOutOfSpace() knows a full disk and a used-up quota, and nothing else", () => {
  for (const code of ["ENOSPC", "EDQUOT"]) assert(isOutOfSpace(failed(code)));
  assert(isOutOfSpace(new StorageFullError("/a/b")));
  const plain = Object.assign(new Error(), { code: "ENOSPC" });
  for (const error of [failed("EIO"), failed(""), plain, "ENOSPC", undefined]) {
    assert(!isOutOfSpace(error));
  }
});

test("explainFull() says which file had no room, with the cause, once", () => {
  const cause = failed("ENOSPC");
  const error = explainFull(cause) as StorageFullError;
  assert(error instanceof StorageFullError);
  assertEquals([error.path, error.cause, error.lsn], [
    "/a/b",
    cause,
    undefined,
  ]);
  assertEquals(explainFull(error), error);
});

test("explainFull() leaves every other error as it is", () => {
  for (const error of [failed("EIO"), new TypeError("x"), undefined]) {
    assertEquals(explainFull(error), error);
  }
});

test("StorageFullError says from which record on none was written", () => {
  const { message } = new StorageFullError("/a/b", {}, 7);
  assertStringIncludes(message, `"/a/b"`);
  assertStringIncludes(message, "no record from 7 on was written");
  assertStringIncludes(message, "truncateBefore");
  const { message: other } = new StorageFullError("/a/b");
  assertStringIncludes(other, "nothing was written");
});
