/*
 * Goal: on a full disk a log opens, reads, truncates and goes on, and nothing
 * acknowledged is lost. Method: a tmpfs of 2 MiB and an ext4 of 16 MiB in a
 * file are filled a hundred times each, with abandoned and closed logs. Needs
 * to mount; where that is not permitted the tests say so and are skipped.
 */
import { spawnSync } from "node:child_process";
import { StorageFullError } from "../../storage/storage_full_error.ts";
import { DenoStorage } from "../../storage/deno_storage.ts";
import { NodeStorage } from "../../storage/node_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { seeded } from "../../storage/_seeded.ts";
import { test } from "../support/register.ts";
import { withTempDir } from "../support/temp_dir.ts";

const FILLS = 100;

/** Appends that are under way at once. */
const CALLERS = 8;

/** How a small file system is made and mounted at a directory. */
const MOUNTS: Record<string, (dir: string, image: string) => string[][]> = {
  "a tmpfs of 2 MiB": (dir) => [
    ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", dir],
  ],
  "an ext4 of 16 MiB": (dir, image) => [
    ["truncate", "-s", "16M", image],
    ["mkfs.ext4", "-q", "-F", image],
    ["mount", "-o", "loop", image, dir],
  ],
};

for (const [name, commands] of Object.entries(MOUNTS)) {
  test(`Wal survives ${FILLS} fills of ${name}`, () =>
    withTempDir(async (dir) => {
      const mounted = `${dir}/mounted`;
      Deno.mkdirSync(mounted);
      for (const [command, ...args] of commands(mounted, `${dir}/image`)) {
        const { status, stderr } = spawnSync(command, args);
        if (status === 0) continue;
        console.warn(`SKIPPED, ${name} cannot be mounted: ${stderr}`);
        return;
      }
      try {
        await fillOften(mounted);
      } finally {
        spawnSync("umount", ["-l", mounted]);
      }
    }));
}

/** Texts that were acknowledged and are kept, by LSN. */
type Kept = Map<number, string>;

async function fillOften(dir: string): Promise<void> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const next = seeded(seed);
  const kept: Kept = new Map();
  let abandoned: Wal | undefined;
  for (let fill = 0; fill < FILLS; fill++) {
    const storage = fill % 2 === 0
      ? new DenoStorage(`${dir}/log`)
      : new NodeStorage(`${dir}/log`);
    const wal = await Wal.open(storage, {
      takeOver: abandoned !== undefined,
      segmentBytes: 256 * 1024,
      warn() {},
    });
    await abandoned?.close().catch(() => {});
    await requireAll(wal, kept);
    await fillUp(wal, kept, next);
    await requireAll(wal, kept);
    await makeRoom(wal, kept, next);
    abandoned = next(2) === 0 ? wal : undefined;
    if (abandoned === undefined) await wal.close();
  }
  await abandoned?.close();
}

/** Appends until there is no space, from several callers. */
async function fillUp(
  wal: Wal,
  kept: Kept,
  next: (choices: number) => number,
): Promise<void> {
  let isFull = false;
  const call = async () => {
    while (!isFull) {
      const text = String(next(10)).repeat(next(20_000));
      try {
        kept.set(await wal.append(text), text);
      } catch (error) {
        assert(error instanceof StorageFullError, String(error));
        isFull = true;
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
}

/** Drops some records, and sees that appends succeed again by themselves. */
async function makeRoom(
  wal: Wal,
  kept: Kept,
  next: (choices: number) => number,
): Promise<void> {
  const last = Math.max(...kept.keys());
  const lsn = next(4) === 0 ? last + 1 : Math.floor(last - next(Math.max(1, kept.size >> 1)));
  await wal.truncateBefore(lsn);
  for (const kept_ of [...kept.keys()]) if (kept_ < lsn) kept.delete(kept_);
  const text = "there is room";
  kept.set(await wal.append(text), text);
}

/** Exactly what was acknowledged is there: what was rejected is not. */
async function requireAll(wal: Wal, kept: Kept): Promise<void> {
  const found: Kept = new Map();
  for await (const { lsn, data } of wal.read()) {
    found.set(lsn, new TextDecoder().decode(data));
  }
  assertEquals(found.size, kept.size);
  for (const [lsn, text] of kept) assert(found.get(lsn) === text, `${lsn}`);
}
