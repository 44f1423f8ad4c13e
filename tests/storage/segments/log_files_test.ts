import {
  decodeSegmentHeader,
  encodeSegmentHeader,
} from "../../../storage/format/segment_header.ts";
import { FencedError } from "../../../storage/frame_log.ts";
import type { StorageCall } from "../../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import {
  type CreatedSegment,
  createSegment,
  type NewSegment,
} from "../../../storage/segments/log_files.ts";
import {
  type Storage,
  type StorageLock,
  writeAll,
} from "../../../storage/storage.ts";
import {
  StorageError,
  StorageFullError,
} from "../../../storage/storage_error.ts";
import { explore, type LifeBody } from "../../../testing/mod.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/*
 * Goal: a segment is whole or absent, and never takes another one's place.
 * Method: every call fails once, and every disk that a crash may leave is
 * tried.
 */

const NAME = "0000000000000007-00000002.wal";
const SPARE = "00000000-00000002.spare";

const header = {
  log: "0123456789abcdef".repeat(2),
  firstLsn: 7,
  epoch: 2,
  previous: 99,
  salt: 42,
};
const content = new Uint8Array(700).fill(7);
const whole = new Uint8Array([...encodeSegmentHeader(header), ...content]);

const lock = (isHeld = true): StorageLock => ({
  epoch: 2,
  held: () => isHeld,
  release() {},
});

const fill: NewSegment["fill"] = async (file, offset) => {
  await writeAll(file, content, offset);
  return offset + content.length;
};

function create(
  storage: Storage,
  options: Partial<NewSegment> = {},
): Promise<CreatedSegment> {
  return createSegment(storage, lock(), { ...header, fill, ...options });
}

/** Every call can be made to fail; `open` is the one at the end. */
function failing(code: string) {
  let failingCall = -1;
  const names: string[] = [];
  const storage = new MemoryStorage({
    onCall({ operation }: StorageCall) {
      if (operation === "list" || operation === "remove") return;
      const isFailing = names.push(operation) - 1 === failingCall;
      return isFailing ? { error: code } : undefined;
    },
  });
  const failAt = (call: number) => failingCall = call;
  return { storage, names, failAt };
}

test("createSegment() writes, syncs, links and syncs the directory", async () => {
  const { storage, names } = failing("EIO");
  const { name, offset, salt, file } = await create(storage);
  const calls = ["create", "write", "write", "datasync", "link"];
  assertEquals(names, [...calls, "syncDirectory", "open"]);
  assertEquals([name, offset, salt], [NAME, whole.length, 42]);
  assertEquals(storage.list(), [NAME]);
  assertEquals(storage.get(NAME), whole);
  await file.write(content, offset);
  assertEquals(file.size(), whole.length + content.length);
});

test("createSegment() never replaces a segment, nor leaves anything next to it", async () => {
  for (const reused of [undefined, SPARE]) {
    const storage = new MemoryStorage();
    const other = new Uint8Array(50).fill(1);
    storage.put(NAME, other);
    if (reused) storage.put(reused, new Uint8Array(4096));
    const options = reused === undefined ? {} : { reused };
    const error = await assertRejects(
      () => create(storage, options),
      StorageError,
    ) as StorageError;
    assertEquals([error.code, error.path], ["EEXIST", `[memory]/${NAME}`]);
    assertEquals(storage.list(), [NAME]);
    assertEquals(storage.get(NAME), other);
  }
});

test("createSegment() leaves nothing when a call before the link fails", async () => {
  const calls = ["create", "write", "write", "datasync", "link"].length;
  for (
    const [code, type] of [
      ["ENOSPC", StorageFullError],
      ["EDQUOT", StorageFullError],
      ["EIO", StorageError],
    ] as const
  ) {
    for (const reused of [undefined, SPARE]) {
      for (let call = 0; call < calls; call++) {
        const { storage, failAt } = failing(code);
        if (reused) storage.put(reused, new Uint8Array(4096));
        failAt(call);
        const options = reused === undefined ? {} : { reused };
        const error = await assertRejects(() => create(storage, options));
        assert(error instanceof type, `${code} at call ${call}: ${error}`);
        assertEquals(storage.list(), [], `${code} at call ${call}`);
        // With space again it is made as if nothing had happened.
        await create(storage);
        assertEquals(storage.list(), [NAME]);
      }
    }
  }
});

test("createSegment() makes none for an owner that was displaced", async () => {
  const storage = new MemoryStorage();
  await assertRejects(
    () => createSegment(storage, lock(false), header),
    FencedError,
  );
  assertEquals(storage.list(), []);
});

test("createSegment() of a dropped segment keeps what lies after the header", async () => {
  const storage = new MemoryStorage();
  const old = new Uint8Array(4096).fill(3);
  storage.put(SPARE, old);
  const options = { ...header, reused: SPARE };
  const made = await createSegment(storage, lock(), options);
  const expected = old.slice();
  expected.set(encodeSegmentHeader(header));
  assertEquals([storage.list(), made.offset], [[NAME], 64]);
  assertEquals(storage.get(NAME), expected);
});

for (const fileSystem of ["posix", "ext4"] as const) {
  for (const reused of [undefined, SPARE]) {
    const kind = reused === undefined ? "" : " of a dropped segment";
    test(`createSegment()${kind} leaves it whole or absent after a crash, under ${fileSystem}`, async () => {
      const seen = new Set<string>();
      const workload: LifeBody<string> = async ({ storage, note }) => {
        if (reused) {
          const file = storage.open(reused, "create");
          await file.write(new Uint8Array(whole.length), 0);
          await file.datasync();
          await storage.syncDirectory();
        }
        const { name } = await create(storage, reused ? { reused } : {});
        note(name);
      };
      const check: LifeBody<string> = ({ storage, facts }) => {
        const found = storage.get(NAME);
        if (found !== undefined) {
          assertEquals(found, whole);
          assertEquals(decodeSegmentHeader(found), header);
        }
        assert(found !== undefined || facts.length === 0, "it is lost");
        seen.add(`${facts.length} ${found === undefined ? "none" : "whole"}`);
        return Promise.resolve();
      };
      const { sampled } = await explore(workload, check, {
        bound: 10_000,
        fileSystem,
        faults: true,
        crashes: 1,
        print: () => {},
      });
      assertEquals(sampled, 0);
      assertEquals([...seen].sort(), ["0 none", "0 whole", "1 whole"]);
    });
  }
}
