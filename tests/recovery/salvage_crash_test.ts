/*
 * Goal: a crash inside a salvage loses nothing more than the damage did.
 * Method: cut the power, or kill the process, at every storage call of a
 * salvage; let the disk keep, drop, tear and garble what was not synced;
 * salvage again, and compare with a salvage that was not disturbed.
 */
import { salvageLog } from "../../recovery/salvage_log.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";
import type { OnCall } from "../../storage/memory_file.ts";
import { seeded } from "../../storage/_seeded.ts";
import { assert, assertEquals, assertGreater } from "../support/assert.ts";
import { salvage } from "../support/check_salvage.ts";
import { cutAt } from "../support/cut_at.ts";
import { test } from "../support/register.ts";
import {
  makeSmallLog,
  type ReadLog,
  readLog,
  type SmallLog,
} from "../support/small_log.ts";

/** Files by name; those that are damaged may not get lost. */
type Files = Map<string, Uint8Array>;

const DAMAGE: Record<string, (files: Files, log: SmallLog) => void> = {
  "a frame in a sealed segment": (files, log) => spoil(files, log, 1, 1),
  "a synced frame of the last segment": (files, log) => spoil(files, log, 2, 0),
  "two segments and a header": (files, log) => {
    spoil(files, log, 0, 2);
    spoil(files, log, 1, 0);
    files.get(log.segments[2].name)![40] ^= 1;
  },
  "a header and the end before it": (files, log) => {
    const { name, frames } = log.segments[0];
    files.set(name, files.get(name)!.slice(0, frames[2].offset + 3));
    files.get(log.segments[1].name)![20] ^= 1;
  },
  "a segment that is missing and one that is empty": (files, log) => {
    files.delete(log.segments[1].name);
    files.set(log.segments[2].name, new Uint8Array());
  },
};

const CHOICES = {
  "all is lost": () => 0,
  "all is kept": (choices: number) => Math.min(1, choices - 1),
  "all entries are kept, all writes torn": (choices: number) => choices - 1,
  "seed 1": seeded(1),
  "seed 2": seeded(2),
};

for (const [what, damage] of Object.entries(DAMAGE)) {
  test(`salvageLog() may be cut off at any call: ${what}`, async () => {
    const log = await makeSmallLog(true);
    const files: Files = new Map(
      log.segments.map(({ name, bytes }) => [name, bytes.slice()]),
    );
    damage(files, log);
    const undisturbed = storageWith(files);
    await salvage(undisturbed);
    const want = await readLog(undisturbed);
    let crashes = 0;
    for (let at = 0;; at++) {
      const cut = cutAt(at);
      const storage = storageWith(files, cut);
      const error = await salvage(storage).then(() => undefined, (e) => e);
      if (error !== undefined) assertEquals(error.message, "power was cut");
      for (const choose of Object.values(CHOICES)) {
        await checkGoesOn(storage.crash(choose), files, want);
        crashes++;
      }
      await checkGoesOn(storage.kill(), files, want);
      // What the salvage has said to be done is durable.
      if (error === undefined) {
        const survivor = storage.crash(() => 0);
        assertEquals((await salvage(survivor)).damages, []);
        break;
      }
    }
    assertGreater(crashes, 40);
  });
}

/** A second salvage comes to the same, and every original is kept. */
async function checkGoesOn(
  storage: MemoryStorage,
  files: Files,
  want: ReadLog,
): Promise<void> {
  await salvage(storage);
  assertEquals((await salvage(storage)).damages, []);
  for (const [name, bytes] of files) {
    const kept = storage.list().filter((file) =>
      file.startsWith(name) && !file.endsWith(".tmp")
    );
    const isKept = kept.some((file) => sameBytes(storage.get(file)!, bytes));
    assert(isKept, `the bytes of ${name} are gone`);
    // An interrupted salvage does not pile up copies.
    assert(kept.length <= 2, kept.join());
  }
  assertEquals(await readLog(storage, { recovery: "strict" }), want);
}

function storageWith(
  files: Files,
  options?: { onCall: OnCall },
): MemoryStorage {
  const storage = new MemoryStorage(options);
  for (const [name, bytes] of files) storage.put(name, bytes);
  return storage;
}

function spoil(
  files: Files,
  log: SmallLog,
  index: number,
  frame: number,
): void {
  const { name, frames } = log.segments[index];
  files.get(name)![frames[frame].offset + 44] ^= 1;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

test("salvageLog() renames nothing once another owner has taken over", async () => {
  const log = await makeSmallLog(true);
  const files: Files = new Map(
    log.segments.map(({ name, bytes }) => [name, bytes.slice()]),
  );
  spoil(files, log, 0, 0);
  spoil(files, log, 1, 1);
  let fenced = 0;
  for (let at = 1, calls = at; calls >= at; at++) {
    calls = -1; // the lock's own call
    let renames = 0;
    const storage = storageWith(files, {
      onCall({ operation }) {
        calls++;
        if (calls > at && operation === "rename") renames++;
        if (calls === at) storage.lock({ takeOver: true });
      },
    });
    const lock = storage.lock();
    await salvageLog(storage, { lock }).catch((error) => {
      assertEquals(error.name, "FencedError");
      fenced++;
    });
    assertEquals(renames, 0, `after call ${at}`);
  }
  assertGreater(fenced, 20);
});
