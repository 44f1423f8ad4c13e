import { CorruptLogError } from "../../../storage/corrupt_log_error.ts";
import {
  encodeManifest,
  type Manifest,
} from "../../../storage/format/manifest.ts";
import type { StorageCall } from "../../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import {
  readManifest,
  writeManifest,
} from "../../../storage/segments/log_files.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { explore, type LifeBody } from "../../../testing/mod.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/*
 * Goal: a manifest is durable once it is written, and until then the one before
 * is there, whatever fails. Method: every call fails once, and every disk that
 * a crash may leave is tried.
 */

const EPOCH = 3;
const NAME = "00000003.manifest";
const CALLS = ["create", "write", "datasync", "rename", "syncDirectory"];

function manifest(durableLsn: number): Manifest {
  return {
    log: "0123456789abcdef".repeat(2),
    epoch: EPOCH,
    firstLsn: 1,
    baseLsn: 0,
    durableLsn,
    rewriteLsn: 0,
    time: 5,
    link: 0,
    closed: false,
  };
}

/** Makes one call that changes something fail, after a number of others. */
function failing(code: string) {
  let left = Infinity;
  const names: string[] = [];
  const storage = new MemoryStorage({
    onCall({ operation }: StorageCall) {
      if (!CALLS.includes(operation)) return;
      names.push(operation);
      return left-- === 0 ? { error: code } : undefined;
    },
  });
  const failAfter = (calls: number) => left = calls;
  return { storage, names, failAfter };
}

test("writeManifest() writes, syncs, renames and syncs the directory", async () => {
  const { storage, names } = failing("EIO");
  await writeManifest(storage, manifest(7));
  assertEquals(names, CALLS);
  assertEquals(storage.list(), [NAME]);
  assertEquals(await readManifest(storage, EPOCH), manifest(7));
});

test("writeManifest() leaves the one before, and nothing else, when a call fails", async () => {
  for (const code of ["ENOSPC", "EIO"]) {
    for (const [calls, call] of CALLS.entries()) {
      const { storage, failAfter } = failing(code);
      await writeManifest(storage, manifest(7));
      failAfter(calls);
      const error = await assertRejects(
        () => writeManifest(storage, manifest(8)),
        StorageError,
      ) as StorageError;
      assertEquals(error.code, code);
      assertEquals(storage.list(), [NAME], `failed in ${call}`);
      const { durableLsn } = await readManifest(storage, EPOCH);
      assertEquals(durableLsn, call === "syncDirectory" ? 8 : 7);
      await writeManifest(storage, manifest(9));
      assertEquals(await readManifest(storage, EPOCH), manifest(9));
    }
  }
});

test("writeManifest() that fails at first leaves an empty directory", async () => {
  for (let calls = 0; calls < CALLS.indexOf("syncDirectory"); calls++) {
    const { storage, failAfter } = failing("ENOSPC");
    failAfter(calls);
    await assertRejects(() => writeManifest(storage, manifest(8)));
    assertEquals(storage.list(), []);
  }
});

for (const fileSystem of ["posix", "ext4"] as const) {
  test(`writeManifest() leaves the old or the new one after a crash, under ${fileSystem}`, async () => {
    const seen = new Set<string>();
    const workload: LifeBody<number> = async ({ storage, note }) => {
      for (const lsn of [1, 2, 3]) {
        await writeManifest(storage, manifest(lsn));
        note(lsn);
      }
    };
    const check: LifeBody<number> = async ({ storage, facts }) => {
      const least = facts.at(-1) ?? 0;
      const isThere = storage.list().includes(NAME);
      const found = isThere ? await readManifest(storage, EPOCH) : manifest(0);
      assertEquals(found, manifest(found.durableLsn));
      assert(found.durableLsn >= least, `${least} became ${found.durableLsn}`);
      assert(found.durableLsn <= least + 1);
      seen.add(`${least} ${found.durableLsn}`);
    };
    const { sampled } = await explore(workload, check, {
      fileSystem,
      faults: true,
      crashes: 1,
      print: () => {},
    });
    assertEquals(sampled, 0);
    const all = ["0 0", "0 1", "1 1", "1 2", "2 2", "2 3", "3 3"];
    assertEquals([...seen].sort(), all);
  });
}

test("readManifest() refuses a manifest that another epoch wrote", async () => {
  const storage = new MemoryStorage();
  storage.put(NAME, encodeManifest({ ...manifest(1), epoch: 4 }));
  await assertRejects(
    () => readManifest(storage, EPOCH),
    CorruptLogError,
    "expected epoch 3, found 4",
  );
});

test("readManifest() refuses a manifest with any byte changed or cut", async () => {
  const bytes = encodeManifest(manifest(1));
  const bad = Array.from(bytes, (byte, at) => bytes.with(at, byte ^ 1));
  bad.push(new Uint8Array(), bytes.slice(0, -1));
  for (const found of bad) {
    const storage = new MemoryStorage();
    storage.put(NAME, found);
    await assertRejects(() => readManifest(storage, EPOCH));
  }
});
