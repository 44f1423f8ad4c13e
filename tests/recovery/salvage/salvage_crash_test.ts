import { seeded } from "../../../random.ts";
import { salvageLog } from "../../../recovery/salvage/salvage_log.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
} from "../../../storage/format/manifest.ts";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  type SegmentHeader,
} from "../../../storage/format/segment_header.ts";
import type { OnCall } from "../../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import type { StorageLock } from "../../../storage/storage.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
} from "../../kit/assert.ts";
import { salvage } from "../../kit/check_salvage.ts";
import { cutAt } from "../../kit/cut_at.ts";
import { test } from "../../kit/register.ts";
import {
  filesOf,
  makeSmallLog,
  type ReadLog,
  readLog,
  type SmallLog,
} from "../../kit/small_log.ts";

/*
 * Goal: a crash inside a salvage loses nothing more than the damage did.
 * Method: cut the power, or kill the process, at every storage call of a
 * salvage; let the disk keep, drop, tear and garble what was not synced;
 * salvage again, and compare with a salvage that was not disturbed.
 */

/** Files by name; those that are damaged must not get lost. */
type Files = Map<string, Uint8Array>;

const MANIFEST = "00000003.manifest";

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
  "all segments": (files, log) => {
    for (const { name } of log.segments) files.delete(name);
  },
  "the last segment, and the end before it": (files, log) => {
    files.delete(log.segments[2].name);
    const { name, frames } = log.segments[1];
    files.set(name, files.get(name)!.slice(0, frames[1].offset + 3));
  },
  "the manifest": (files) => {
    files.get(MANIFEST)![50] ^= 1;
  },
  "the manifest, and there is an older one": (files, log) => {
    // It would drop what it says was rewritten.
    const manifest = decodeManifest(files.get(MANIFEST)!) as Manifest;
    const older = { ...manifest, epoch: 2, baseLsn: 4, rewriteLsn: 5 };
    files.set("00000002.manifest", encodeManifest({ ...older, firstLsn: 5 }));
    files.get(MANIFEST)![50] ^= 1;
    spoil(files, log, 0, 1);
  },
  "a manifest that is missing, and a frame": (files, log) => {
    files.delete(MANIFEST);
    spoil(files, log, 1, 1);
  },
  "a segment of another log, and one of its own": (files, log) => {
    const other = files.get(log.segments[1].name)!.slice();
    const header = decodeSegmentHeader(other) as SegmentHeader;
    other.set(encodeSegmentHeader({ ...header, log: "f".repeat(32) }));
    files.set("0000000000000003-00000009.wal", other);
    spoil(files, log, 2, 1);
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
    const files = filesIn(log);
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
      // What the salvage has reported as done is durable.
      if (error === undefined) {
        const survivor = storage.crash(() => 0);
        assertEquals((await salvage(survivor)).damages, []);
        break;
      }
    }
    assertGreater(crashes, 30);
  });
}

/** A second salvage has the same result, and every original is kept. */
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
    // An interrupted salvage does not pile up copies, nor revisions.
    assert(kept.length <= 2, kept.join());
    if (!name.endsWith(".wal")) continue;
    const revision = name.replace(/wal$/, "");
    const repaired = storage.list().filter((file) =>
      file.startsWith(revision) && !file.startsWith(name) &&
      !file.endsWith(".tmp")
    );
    assert(repaired.length <= 1, repaired.join());
  }
  assertEquals(await readLog(storage, { recovery: "strict" }), want);
}

function filesIn({ segments, others }: SmallLog): Files {
  const all = segments.map(({ name, bytes }) => [name, bytes] as const);
  return new Map(
    [...others, ...all].map(([name, bytes]) => [name, bytes.slice()]),
  );
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

test("salvageLog() changes nothing in the log once another owner has taken over", async () => {
  const log = await makeSmallLog(true);
  const files = filesIn(log);
  spoil(files, log, 0, 0);
  spoil(files, log, 1, 1);
  files.delete(log.segments[2].name);
  const undisturbed = storageWith(files);
  await salvage(undisturbed);
  const want = await readLog(undisturbed);
  let fenced = 0;
  for (let at = 1, calls = at; calls >= at; at++) {
    calls = -1; // the lock's own call
    const changes: string[] = [];
    let next: StorageLock | undefined;
    const storage = storageWith(files, {
      onCall({ operation, file }) {
        calls++;
        // What it was making is its own, and so is the manifest of its epoch.
        const isOwn = file.endsWith(".tmp") && operation !== "link";
        const isChange = ["link", "rename", "remove"].includes(operation);
        if (calls > at && isChange && !isOwn) {
          changes.push(`${operation} ${file}`);
        }
        if (calls === at) next = storage.lock({ takeOver: true });
      },
    });
    const lock = storage.lock({ above: 3 });
    await salvageLog(storage, { lock }).catch((error) => {
      assertEquals(error.name, "FencedError");
      fenced++;
    });
    assertEquals(changes, [], `after call ${at}`);
    if (next === undefined) continue;
    const made = calls;
    calls = -Infinity;
    await salvageLog(storage, { lock: next });
    await next.release();
    assertEquals(await readLog(storage, { recovery: "strict" }), want);
    calls = made;
  }
  assertGreater(fenced, 20);
});

test("salvageLog() wants a lock whose epoch is above all that names show", async () => {
  const log = await makeSmallLog(true);
  const files = filesIn(log);
  spoil(files, log, 0, 0);
  const storage = storageWith(files);
  const lock = storage.lock();
  const error = await assertRejects(() => salvageLog(storage, { lock }));
  assertEquals((error as Error).name, "RangeError");
  assertEquals(filesOf(storage), files);
});
