import assert from "node:assert/strict";
import { LogLockedError } from "../../storage/storage.ts";
import { StorageError } from "../../storage/storage_error.ts";

/** Fails unless two plain values are equal; the message shows both. */
export function expectEqual<Value>(
  actual: Value,
  expected: Value,
  what: string,
): void {
  assert.deepEqual(
    actual,
    expected,
    `${what}: expected ${show(expected)}, found ${show(actual)}`,
  );
}

/** Fails unless bytes are equal; the message says where they first differ. */
export function expectBytes(
  actual: Uint8Array,
  expected: Uint8Array,
  what: string,
): void {
  const at = expected.findIndex((byte, index) => actual[index] !== byte);
  if (at >= 0 && at < actual.length) {
    assert.fail(
      `${what}: expected ${expected[at]} at byte ${at} of ` +
        `${expected.length}, found ${actual[at]}`,
    );
  }
  expectEqual(actual.length, expected.length, `${what}, its length`);
}

/** Fails unless `call` fails with a storage error of `code` about `name`. */
export async function expectStorageError(
  call: () => unknown,
  code: string,
  name: string,
  what: string,
): Promise<void> {
  const error = await errorOf(call, what);
  assert.ok(
    error instanceof StorageError,
    `${what}: expected a StorageError, found ${error}`,
  );
  expectEqual(error.code, code, `${what}, the error's code`);
  assert.ok(
    String(error.path).includes(name),
    `${what}, the error's path: expected one with "${name}", found ` +
      show(error.path),
  );
}

/** Fails unless `call` fails with a `LogLockedError`. */
export async function expectLocked(
  call: () => unknown,
  what: string,
): Promise<void> {
  const error = await errorOf(call, what);
  assert.ok(
    error instanceof LogLockedError,
    `${what}: expected a LogLockedError, found ${error}`,
  );
}

/** Returns what `call` throws or rejects with; fails if it does neither. */
async function errorOf(call: () => unknown, what: string): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  assert.fail(`${what}: expected an error, found none`);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
