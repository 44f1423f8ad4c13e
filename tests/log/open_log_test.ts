import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/** A storage that has something to warn of. */
class Dubious extends MemoryStorage {
  warn: () => string = () => "not durable here";

  warning(): string {
    return this.warn();
  }
}

test("Wal.open() releases the lock when warn throws", async () => {
  const storage = new Dubious();
  const heard = new Error("heard enough");
  const warn = () => {
    throw heard;
  };
  assertStrictEquals(
    await assertRejects(() => Wal.open(storage, { warn }), Error),
    heard,
  );
  const warnings: string[] = [];
  const wal = await Wal.open(storage, {
    warn: (message) => warnings.push(message),
  });
  assertEquals(await wal.append("x"), 1);
  await wal.close();
  assertEquals(warnings, ["not durable here"]);
});

test("Wal.open() releases the lock when a storage's warning fails", async () => {
  const storage = new Dubious();
  storage.warn = () => {
    throw new Error("no such mount");
  };
  await assertRejects(() => Wal.open(storage), Error, "no such mount");
  storage.warn = () => "";
  await (await Wal.open(storage, { warn() {} })).close();
});
