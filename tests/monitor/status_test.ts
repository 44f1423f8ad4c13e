import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatStatus, parseStatus } from "../../monitor/live_status.ts";
import { askStatus, StatusReader } from "../../monitor/ask_status.ts";
import { REQUEST_NAME, STATUS_NAME } from "../../storage/format/file_names.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals, assertFalse } from "../kit/assert.ts";
import { FullStorage } from "../kit/full_storage.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

/** A directory in memory that answers whether a file exists. */
function directory(storage = new MemoryStorage()): MemoryStorage {
  return Object.assign(storage, {
    exists: (name: string) => storage.list().includes(name),
  });
}

function hidden(storage: MemoryStorage): string[] {
  return storage.list().filter((name) => name.startsWith(".")).sort();
}

/** Opens a log, with its clock and one who asks for its status. */
async function openWatched(storage: MemoryStorage, options: WalOptions = {}) {
  const clock = new VirtualClock();
  const wal = await clock.run(Wal.open(storage, { clock, ...options }));
  const reader = new StatusReader(storage, () => clock.now());
  return { wal, clock, reader };
}

test("Wal shows its status within a second while it is asked for, and hides it after", async () => {
  const storage = directory();
  const { wal, clock, reader } = await openWatched(storage, {
    alerts: { storedBytes: 1 },
  });
  await clock.run(wal.append("a record"));
  await clock.advance(5000);
  assertEquals(hidden(storage), []);
  assertEquals(await reader.look(), undefined);
  await clock.advance(1000);
  const status = await reader.look();
  assert(status !== undefined);
  const { lsn, flushes, health, alerts, settings, epoch } = status;
  assertEquals(lsn, { first: 1, last: 1, written: 1, durable: 1 });
  assertEquals([flushes.count, flushes.records.sum, epoch], [1, 1, 1]);
  assertEquals(health, { status: "healthy", reasons: [] });
  assertEquals(alerts.map(({ name }) => name), ["storedBytes"]);
  assertEquals(settings.policy, "LeaderCommitPolicy");
  for (let second = 0; second < 30; second++) {
    await clock.advance(1000);
    assertEquals((await reader.look())?.sequence, second + 2);
  }
  assertEquals(hidden(storage), [STATUS_NAME, REQUEST_NAME]);
  await clock.advance(13_000);
  assertEquals(hidden(storage), []);
  await clock.run(wal.close());
});

test("Wal hides its status when it is closed, and the reader notices", async () => {
  const storage = directory();
  const { wal, clock, reader } = await openWatched(storage);
  await reader.look();
  await clock.advance(1000);
  assert(await reader.look() !== undefined);
  await clock.run(wal.close());
  assertEquals(hidden(storage), []);
  assertEquals(await reader.look(), undefined);
});

test("Wal looks for nothing with status: false, or on a storage that cannot tell", async () => {
  for (
    const [storage, options] of [
      [directory(), { status: false }],
      [new MemoryStorage(), {}],
    ] as const
  ) {
    const { wal, clock, reader } = await openWatched(storage, options);
    assertEquals(clock.timers, 0);
    await reader.look();
    await clock.advance(5000);
    assertEquals(hidden(storage), [REQUEST_NAME]);
    await reader.end();
    assertEquals(hidden(storage), []);
    await clock.run(wal.close());
  }
});

test("Wal shows its status on any storage with status: true", async () => {
  const storage = new MemoryStorage();
  const { wal, clock, reader } = await openWatched(storage, { status: true });
  await reader.look();
  await clock.advance(1000);
  assertEquals((await reader.look())?.lsn.last, 0);
  await clock.run(wal.close());
});

test("Wal.open() removes a status that a killed owner has left", async () => {
  const storage = directory();
  const { clock, reader } = await openWatched(storage);
  await reader.look();
  await clock.advance(1000);
  const killed = directory(storage.kill());
  killed.put(`${STATUS_NAME}.tmp`, new Uint8Array(3));
  const { wal, clock: later } = await openWatched(killed);
  assertEquals(hidden(killed), [REQUEST_NAME]);
  await later.advance(20_000);
  assertEquals(hidden(killed), []);
  await later.run(wal.close());
});

test("Wal that was displaced neither replaces nor removes its successor's status", async () => {
  const storage = directory();
  const first = await openWatched(storage);
  await first.reader.look();
  await first.clock.advance(1000);
  const second = await openWatched(storage, { takeOver: true });
  await second.reader.look();
  await second.clock.advance(1000);
  for (let round = 0; round < 3; round++) {
    await first.reader.look();
    await first.clock.advance(1000);
    const status = await second.reader.look();
    assertEquals([status?.epoch, status?.sequence], [2, 1]);
  }
  await first.clock.run(first.wal.close()).catch(() => {});
  assertEquals(hidden(storage), [STATUS_NAME, REQUEST_NAME]);
  await second.clock.run(second.wal.close());
});

test("StatusReader believes no status of an epoch that is over", async () => {
  const storage = directory();
  const first = await openWatched(storage);
  await first.reader.look();
  await first.clock.advance(1000);
  const old = storage.get(STATUS_NAME)!;
  const second = await openWatched(storage, { takeOver: true });
  await second.clock.advance(1000);
  assertEquals((await first.reader.look())?.epoch, 2);
  storage.put(STATUS_NAME, old);
  assertEquals((await first.reader.look())?.epoch, 2);
  await second.clock.run(second.wal.close());
});

test("Wal keeps no part of a status for which there is no room", async () => {
  const full = new FullStorage();
  const storage = directory(full.storage);
  const { wal, clock, reader } = await openWatched(storage);
  await clock.run(wal.append("a record"));
  full.capacity = full.used + 1000;
  await reader.look();
  await clock.advance(3000);
  assertEquals(hidden(storage), [REQUEST_NAME]);
  assertEquals(wal.health.status, "healthy");
  full.capacity = Infinity;
  await reader.look();
  await clock.advance(1000);
  assert(await reader.look() !== undefined);
  await clock.run(wal.append("another"));
  await clock.run(wal.close());
});

test("askStatus() says why there is no answer", async () => {
  const silent = await askStatus(new MemoryStorage(), { waitMs: 0 });
  assert(silent.reason?.startsWith("the owner did not answer"));
  const refusing = new MemoryStorage({
    onCall: ({ operation }) =>
      operation === "create" ? { error: "EACCES" } : undefined,
  });
  const { reason } = await askStatus(refusing);
  assert(reason?.includes(REQUEST_NAME), reason);
  assert(reason?.includes("EACCES"), reason);
});

test("askStatus() does not believe what was there before it asked", async () => {
  const storage = directory();
  const { wal, clock, reader } = await openWatched(storage);
  await reader.look();
  await clock.advance(1000);
  const { status } = await askStatus(storage, { waitMs: 0 });
  assertEquals(status, undefined);
  await clock.run(wal.close());
});

test("StatusReader writes to no file that a link in the directory leads to", () =>
  withTempDir(async (dir) => {
    const other = join(dir, "other");
    await writeFile(other, "untouched");
    await symlink(other, join(dir, REQUEST_NAME));
    const reader = new StatusReader(new NodeStorage(dir));
    await reader.look();
    assertEquals(await readFile(other, "utf8"), "untouched");
    await reader.end();
    assertEquals(await readdir(dir), ["other"]);
  }));

test("parseStatus() reads what formatStatus() wrote, with the same quantiles", async () => {
  const clock = new VirtualClock();
  const wal = await clock.run(Wal.open(new MemoryStorage(), { clock }));
  for (let count = 1; count < 50; count++) {
    await clock.run(
      wal.appendBatch(Array.from({ length: count * count }, () => "record")),
    );
  }
  const stats = wal.stats();
  const frame = { sequence: 3, at: 9, epoch: 1, pid: 7, alerts: [] };
  const text = formatStatus(frame, stats, wal.settings);
  const { flushes, sequence, uptimeMs } = parseStatus(text)!;
  assertEquals([sequence, uptimeMs], [3, stats.uptimeMs]);
  const { records } = stats.flushes;
  assertEquals(flushes.records.mean, records.mean);
  for (const share of [0, 0.1, 0.5, 0.9, 0.99, 1]) {
    assertEquals(flushes.records.quantile(share), records.quantile(share));
  }
  await clock.run(wal.close());
});

test("formatStatus() shows a log whose policy has no class", async () => {
  const due = { value: () => 0 };
  const policy = Object.create(null, { due });
  const wal = await Wal.open(new MemoryStorage(), { policy });
  const frame = { sequence: 1, at: 0, epoch: 1, pid: 7, alerts: [] };
  const text = formatStatus(frame, wal.stats(), wal.settings);
  assertEquals(parseStatus(text)!.settings.policy, "");
  await wal.close();
});

test("parseStatus() refuses what lacks a field, or has one of another type", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const frame = { sequence: 3, at: 9, epoch: 1, pid: 7, alerts: [] };
  const text = formatStatus(frame, wal.stats(), wal.settings);
  await wal.close();
  const whole = JSON.parse(text);
  let tried = 0;
  const spoil = (part: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(part)) {
      if (name === "settings") continue;
      for (
        const wrong of [undefined, null, typeof value === "string" ? 1 : "x"]
      ) {
        part[name] = wrong;
        assertEquals(parseStatus(JSON.stringify(whole)), undefined, name);
        tried++;
      }
      part[name] = value;
      if (typeof value === "object" && !Array.isArray(value)) {
        spoil(value as never);
      }
    }
  };
  spoil(whole);
  assert(tried > 100, `${tried}`);
  assertEquals(parseStatus(text.slice(0, -9)), undefined);
  assertEquals(
    parseStatus(JSON.stringify({ ...whole, version: 2 })),
    undefined,
  );
  assertFalse(parseStatus(JSON.stringify(whole)) === undefined);
});
