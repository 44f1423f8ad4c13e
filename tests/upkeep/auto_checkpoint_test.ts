import type { SnapshotContent } from "../../mod.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const SECOND = 1000;

type Write = (lsn: number) => SnapshotContent | Promise<SnapshotContent>;

/** A log that makes checkpoints each second, and the LSNs that they covered. */
async function open(
  write: Write = () => "state",
  storage = new MemoryStorage(),
  options: WalOptions = {},
) {
  const clock = new VirtualClock();
  // Virtual time does not wait for what is loaded.
  await clock.run(Promise.resolve());
  const lsns: number[] = [];
  const autoCheckpoint = {
    ms: SECOND,
    write(lsn: number) {
      lsns.push(lsn);
      return write(lsn);
    },
  };
  const wal = await Wal.open(storage, { clock, autoCheckpoint, ...options });
  const append = () => clock.run(wal.append("a record"));
  return { wal, clock, storage, lsns, append };
}

test("autoCheckpoint makes a checkpoint each time, if anything was appended", async () => {
  const { wal, clock, lsns, append } = await open();
  await clock.advance(5 * SECOND);
  assertEquals(lsns, []);
  await append();
  await append();
  await clock.advance(SECOND);
  assertEquals([lsns.at(-1), wal.firstLsn], [2, 3]);
  await clock.advance(5 * SECOND);
  await append();
  await clock.advance(SECOND / 2);
  assertEquals(lsns, [2]);
  await clock.advance(SECOND / 2);
  assertEquals(lsns, [2, 3]);
  await clock.run(wal.close());
  await clock.advance(5 * SECOND);
  assertEquals([lsns, clock.timers], [[2, 3], 0]);
});

test("autoCheckpoint makes none before anything is appended: the state may not be restored", async () => {
  const first = await open();
  await first.append();
  await first.clock.run(first.wal.close());
  const again = await open(undefined, first.storage);
  await again.clock.advance(5 * SECOND);
  assertEquals(again.lsns, []);
  await again.append();
  await again.clock.advance(SECOND);
  assertEquals(again.lsns, [2]);
  await again.clock.run(again.wal.close());
});

test("autoCheckpoint makes another one of a log that was cut and has grown again", async () => {
  const { wal, clock, lsns, append } = await open(undefined, undefined, {
    cursors: { hold: ["billing"], limitBytes: 2 ** 40 },
  });
  await append();
  await append();
  await clock.advance(SECOND);
  await clock.run(wal.truncateAfter(1));
  await clock.advance(SECOND);
  assertEquals(lsns, [2]);
  await append();
  await clock.advance(SECOND);
  assertEquals(lsns, [2, 2]);
  await clock.run(wal.close());
});

test("autoCheckpoint that fails is degraded, drops nothing, and tries again", async () => {
  let isFailing = true;
  const { wal, clock, append } = await open(() => {
    if (isFailing) throw new Error("busy");
    return "state";
  });
  await append();
  await clock.advance(3 * SECOND);
  assertEquals(wal.firstLsn, 1);
  assertEquals(wal.health, {
    status: "degraded",
    reasons: ["Automatic checkpoints do not work: busy"],
  });
  isFailing = false;
  await clock.advance(SECOND);
  assertEquals([wal.firstLsn, wal.health.status], [2, "healthy"]);
  await clock.run(wal.close());
});

test("autoCheckpoint waits for the one before, and close ends it", async () => {
  const { wal, clock, lsns, append } = await open(() =>
    new ReadableStream<string>()
  );
  await append();
  await clock.advance(10 * SECOND);
  assertEquals(lsns, [1]);
  await clock.run(wal.close());
  assertEquals(wal.health.status, "healthy");
});

test("Wal.configure() changes and ends automatic checkpoints", async () => {
  const { wal, clock, lsns, append } = await open();
  await append();
  await clock.run(wal.configure({ autoCheckpoint: null }));
  await clock.advance(5 * SECOND);
  assertEquals(lsns, []);
  const kept: number[] = [];
  const write = (lsn: number) => {
    kept.push(lsn);
    return "";
  };
  const autoCheckpoint = { ms: 10 * SECOND, write, keep: 2 };
  // It was appended to before, but since it was opened.
  await clock.run(wal.configure({ autoCheckpoint }));
  for (let nth = 0; nth < 3; nth++) {
    await clock.advance(10 * SECOND);
    await append();
  }
  assertEquals([kept, wal.firstLsn], [[1, 2, 3], 3]);
  await clock.run(wal.close());
});

test("Wal.configure() waits for an automatic checkpoint only for a while", async () => {
  const { wal, clock, append } = await open(() => new ReadableStream<string>());
  await append();
  await clock.advance(SECOND);
  const began = clock.now();
  await clock.run(wal.configure({ autoCheckpoint: null }));
  assertEquals(clock.now() - began, 5 * SECOND);
  await clock.run(wal.configure({ synchronous: "normal" }));
  await clock.run(wal.close());
});
