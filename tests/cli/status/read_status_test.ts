import { readStatus } from "../../../cli/status/read_status.ts";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import type { Storage } from "../../../storage/storage.ts";
import { Wal } from "../../../wal.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { delegate } from "../../kit/changed_storage.ts";
import { test } from "../../kit/register.ts";
import { flip, manifestPath, segmentPaths } from "../../kit/run_tool.ts";
import { snapshotDir } from "../../kit/snapshot_dir.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** Counts what is read; any other call than these fails. */
function counting(directory: string) {
  const storage = new NodeStorage(directory);
  const counts = { bytes: 0, calls: 0 };
  const counted: Pick<Storage, "location" | "list" | "open"> = {
    location: storage.location,
    list: () => storage.list(),
    open(name, mode) {
      assertEquals(mode, "read");
      const file = storage.open(name, mode);
      return {
        ...delegate(file),
        write: () => {
          throw new Error("a write");
        },
        async read(into, offset) {
          const bytes = await file.read(into, offset);
          counts.bytes += bytes;
          counts.calls++;
          return bytes;
        },
      };
    },
  };
  return { storage: counted as Storage, counts };
}

/** A log of that many segments of 4 KiB, which its owner still has open. */
async function manySegments(dir: string, segments: number): Promise<Wal> {
  const log = await Wal.open(dir, { segmentBytes: 4096, synchronous: "off" });
  for (let record = 0; record < segments; record++) {
    await log.append("".padEnd(4000, "x"));
  }
  await log.flush();
  return log;
}

test("readStatus() reads as little of many segments as of a few", async () => {
  const reads: unknown[] = [];
  for (const segments of [3, 120]) {
    for (const closed of [false, true]) {
      await withTempDir(async (dir) => {
        const log = await manySegments(dir, segments);
        if (closed) await log.close();
        const before = await snapshotDir(dir);
        const { storage, counts } = counting(dir);
        const status = await readStatus(storage);
        assertEquals(status.segments, segments);
        assertEquals(status.extent?.records, segments);
        assertEquals(await snapshotDir(dir), before);
        reads.push([closed, counts]);
        await log.close();
      });
    }
  }
  assertEquals(reads.slice(2), reads.slice(0, 2));
});

test("readStatus() knows where a log begins and ends, and how far consumers are", () =>
  withTempDir(async (dir) => {
    const startedAt = Date.now();
    const log = await manySegments(dir, 5);
    const slow = await log.cursor("slow");
    const fast = await log.cursor("fast");
    await slow.commit(1);
    await fast.commit(5);
    await log.checkpoint(() => "a state");
    await log.append("six");
    const { extent, lock, cursors, snapshots, damages, bytes } =
      await readStatus(new NodeStorage(dir));
    const { oldestTime = 0, newestTime = 0, ...range } = extent!;
    assertEquals(range, {
      ...{ firstLsn: 6, lastLsn: 6, durableLsn: 5, records: 1 },
      isClosed: false,
    });
    assert(oldestTime >= startedAt && newestTime <= Date.now());
    assertEquals([lock.state, damages], ["alive", []]);
    const [first, second] = cursors;
    assertEquals([first.name, first.committedLsn, first.lag, first.bytes], [
      ...["fast", 5, 0, 0],
    ]);
    assertEquals([second.name, second.committedLsn, second.lag], [
      "slow",
      1,
      4,
    ]);
    assertEquals(second.bytes, bytes);
    assertEquals(snapshots.map(({ lsn }) => lsn), [5]);
    await log.close();
    const closed = await readStatus(new NodeStorage(dir));
    assertEquals(closed.lock.state, "free");
    assertEquals([closed.extent?.isClosed, closed.extent?.durableLsn], [
      true,
      6,
    ]);
  }));

test("readStatus() reports damage that it comes across, and goes on", () =>
  withTempDir(async (dir) => {
    await (await manySegments(dir, 3)).close();
    const [first] = await segmentPaths(dir);
    await flip(first, 200);
    const status = await readStatus(new NodeStorage(dir));
    assertEquals(status.damages.map(({ file }) => file), [first]);
    assertEquals(status.extent?.records, 3);
    assertEquals(status.extent?.oldestTime, undefined);
    const manifest = await manifestPath(dir);
    await flip(manifest, 20);
    const blind = await readStatus(new NodeStorage(dir));
    assertEquals(blind.damages.map(({ file }) => file), [manifest]);
    assertEquals([blind.extent, blind.segments], [undefined, 3]);
  }));
