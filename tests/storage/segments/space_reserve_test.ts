import type { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import {
  RESERVE_NAME,
  SpaceReserve,
} from "../../../storage/segments/space_reserve.ts";
import {
  StorageError,
  StorageFullError,
} from "../../../storage/storage_error.ts";
import { Wal } from "../../../wal.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { FullStorage } from "../../kit/full_storage.ts";
import { test } from "../../kit/register.ts";

/*
 * Goal: the reserve is spent on a step that finds no space, and on nothing
 * else; and with it a log on a full disk is opened, read and made smaller.
 */

const RESERVE_BYTES = 100_000;

/** A place with a reserve, and its size. */
async function place(): Promise<{ full: FullStorage; reserve: SpaceReserve }> {
  const full = new FullStorage();
  const reserve = new SpaceReserve(full.storage, RESERVE_BYTES);
  await reserve.refill();
  return { full, reserve };
}

const sizeOf = (storage: MemoryStorage) => storage.get(RESERVE_NAME)?.length;

/** A step that writes a file, or leaves nothing. */
function writing(storage: MemoryStorage, bytes: number) {
  const names: string[] = [];
  const step = async () => {
    const name = `try-${names.push("")}`;
    try {
      await storage.open(name, "create").write(new Uint8Array(bytes), 0);
    } catch (error) {
      await storage.remove(name);
      throw error;
    }
    return name;
  };
  return { step, names };
}

test("SpaceReserve.spend() runs a step once, and keeps the reserve, where there is room", async () => {
  const { full: { storage }, reserve } = await place();
  const { step } = writing(storage, 1000);
  assertEquals(await reserve.spend(step), "try-1");
  assertEquals(sizeOf(storage), RESERVE_BYTES);
});

test("SpaceReserve.spend() gives up the reserve for a step that finds no room, and runs it again", async () => {
  const { full, reserve } = await place();
  full.capacity = full.used + 999;
  const { step } = writing(full.storage, 1000);
  assertEquals(await reserve.spend(step), "try-2");
  assertEquals(full.storage.list(), ["try-2"]);
});

test("SpaceReserve.spend() says so when the reserve was not enough", async () => {
  const { full, reserve } = await place();
  full.capacity = full.used;
  const { step, names } = writing(full.storage, RESERVE_BYTES + 1);
  const error = await assertRejects(
    () => reserve.spend(step),
    StorageFullError,
  ) as StorageFullError;
  assertEquals([names.length, error.path], [2, "[memory]/try-2"]);
  assert(error.cause instanceof StorageError);
  // Now there is no reserve to give up: it is not tried again.
  await assertRejects(() => reserve.spend(step), StorageFullError);
  assertEquals([names.length, full.storage.list()], [3, []]);
});

test("SpaceReserve.spend() keeps the reserve when a step fails for another reason", async () => {
  const { full: { storage }, reserve } = await place();
  for (const cause of [new StorageError("x", "y", "EIO"), new Error("x")]) {
    const found = await reserve.spend(() => Promise.reject(cause))
      .catch((error) => error);
    assertEquals(found, cause);
    assertEquals(sizeOf(storage), RESERVE_BYTES);
  }
});

test("SpaceReserve.refill() makes the reserve again once there is room", async () => {
  const { full, reserve } = await place();
  full.capacity = full.used + 999;
  await reserve.spend(writing(full.storage, 1000).step);
  await reserve.refill();
  assertEquals(full.storage.list(), ["try-2"]);
  full.capacity += 1;
  await reserve.refill();
  assertEquals(sizeOf(full.storage), RESERVE_BYTES);
});

test("SpaceReserve.refill() completes a reserve that a crash or other options left", async () => {
  for (const bytes of [0, 1, RESERVE_BYTES - 1, RESERVE_BYTES + 1]) {
    const { full: { storage }, reserve } = await place();
    storage.put(RESERVE_NAME, new Uint8Array(bytes));
    await reserve.refill();
    assertEquals(sizeOf(storage), RESERVE_BYTES);
  }
});

test("SpaceReserve.refill() writes nothing where the reserve is whole", async () => {
  let writes = 0;
  const full = new FullStorage({
    onCall: ({ operation }) => void (writes += Number(operation === "write")),
  });
  const reserve = new SpaceReserve(full.storage, RESERVE_BYTES);
  await reserve.refill();
  const before = writes;
  await reserve.refill();
  assertEquals([before > 0, writes], [true, before]);
});

test("SpaceReserve.refill() never fails, and keeps a reserve that it cannot look at", async () => {
  let failing = "";
  const full = new FullStorage({
    onCall: ({ operation }) =>
      operation === failing ? { error: "EMFILE" } : undefined,
  });
  const reserve = new SpaceReserve(full.storage, RESERVE_BYTES);
  for (failing of ["create", "write", "datasync"]) {
    await reserve.refill();
    assertEquals(full.storage.get(RESERVE_NAME), undefined);
  }
  failing = "";
  await reserve.refill();
  for (failing of ["list", "open"]) {
    await reserve.refill();
    assertEquals(sizeOf(full.storage), RESERVE_BYTES);
  }
});

test("SpaceReserve of 0 bytes makes nothing", async () => {
  const { storage } = new FullStorage();
  await new SpaceReserve(storage, 0).refill();
  assertEquals(storage.list(), []);
});

test("Wal.open() works on a full disk, and truncateBefore() makes room", async () => {
  const full = new FullStorage();
  const options = { segmentBytes: 4096, warn: () => {} };
  const wal = await Wal.open(full.storage, options);
  const record = new Uint8Array(900);
  for (let lsn = 1; lsn <= 20; lsn++) await wal.append(record);
  full.capacity = full.used;
  const killed = new FullStorage();
  for (const name of full.storage.list()) {
    killed.storage.put(name, full.storage.get(name)!);
  }
  killed.capacity = killed.used;
  const reopened = await Wal.open(killed.storage, options);
  const lsns: number[] = [];
  for await (const { lsn } of reopened.read()) lsns.push(lsn);
  assertEquals([lsns[0], lsns.at(-1)], [1, 20]);
  await reopened.truncateBefore(18);
  assertEquals(await reopened.append(record), 21);
  await reopened.close();
  await wal.close();
});
