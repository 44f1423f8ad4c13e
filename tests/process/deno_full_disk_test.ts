/*
 * Goal: on a full disk a log opens, reads, truncates and continues, and nothing
 * acknowledged is lost. Method: a tmpfs of 2 MiB and an ext4 of 16 MiB in a
 * file are filled a hundred times each, with abandoned and closed logs. Needs
 * to mount; where that is not permitted the tests say so and are skipped.
 */
import { spawnSync } from "node:child_process";
import { type Choose, seeded } from "../../random.ts";
import { DenoStorage } from "../../storage/directory/deno_storage.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { StorageFullError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { shareOfDeno } from "../kit/share.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const FILLS = shareOfDeno(100);

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
        console.warn(`skipped: ${name} cannot be mounted: ${stderr}`);
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
  const log = new Reopened(`${dir}/log`, next);
  for (let fill = 0; fill < FILLS; fill++) {
    const wal = await log.open();
    await requireAll(wal, kept);
    await fillUp(wal, kept, next);
    // Opening needs no more than the reserve, however often it is done.
    for (let nth = 0; nth < 2; nth++) await requireAll(await log.open(), kept);
    await makeRoom(await log.open(), kept, next);
  }
  await log.close();
}

/**
 * A log that is opened again: after it was closed, or taken over from its
 * owner.
 */
class Reopened {
  readonly #dir: string;
  readonly #next: Choose;
  #wal: Wal | undefined;

  constructor(dir: string, next: Choose) {
    this.#dir = dir;
    this.#next = next;
  }

  async open(): Promise<Wal> {
    const before = this.#wal;
    const takeOver = before !== undefined && this.#next(2) === 0;
    if (!takeOver) await before?.close();
    const storage = this.#next(2) === 0
      ? new DenoStorage(this.#dir)
      : new NodeStorage(this.#dir);
    const options = { takeOver, segmentBytes: 256 * 1024, warn() {} };
    this.#wal = await Wal.open(storage, options);
    if (takeOver) await before.close().catch(() => {});
    return this.#wal;
  }

  async close(): Promise<void> {
    await this.#wal?.close();
  }
}

/** Appends until there is no space, from several callers. */
async function fillUp(
  wal: Wal,
  kept: Kept,
  next: Choose,
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
  next: Choose,
): Promise<void> {
  const last = Math.max(...kept.keys());
  const lsn = next(4) === 0
    ? last + 1
    : Math.floor(last - next(Math.max(1, kept.size >> 1)));
  await wal.truncateBefore(lsn);
  for (const below of [...kept.keys()]) if (below < lsn) kept.delete(below);
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
