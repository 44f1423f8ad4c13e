import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { MAX_FRAME_BYTES } from "../../storage/format/frame.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals, assertLessOrEqual } from "../kit/assert.ts";
import { asyncStorage } from "../kit/async_storage.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { track } from "../kit/track.ts";

/** Flush sizes of `callers` who append again as soon as they get their acks. */
async function closedLoop(
  storage: Storage,
  inner: BatchPolicy,
): Promise<number[]> {
  const policy = new ObservingPolicy(inner);
  const wal = await Wal.open(storage, { policy });
  const caller = async () => {
    for (let round = 0; round < 20; round++) await wal.append("entry");
  };
  await Promise.all(Array.from({ length: 64 }, caller));
  await wal.close();
  return policy.sizes;
}

test("Writer makes one flush per round of 64 callers in a loop", async () => {
  const sizes = await closedLoop(new MemoryStorage(), new LeaderCommitPolicy());
  assertEquals(sizes, Array(20).fill(64));
});

test("Writer makes one flush per round when storage is async", async () => {
  const storage = asyncStorage(new MemoryStorage());
  const sizes = await closedLoop(storage, new LeaderCommitPolicy());
  assertEquals(sizes, Array(20).fill(64));
});

test("Writer makes one flush per round under a count policy", async () => {
  const policy = () => new CountPolicy({ records: 64 });
  const memory = new MemoryStorage();
  assertEquals(await closedLoop(memory, policy()), Array(20).fill(64));
  const later = asyncStorage(new MemoryStorage());
  assertEquals(await closedLoop(later, policy()), Array(20).fill(64));
});

test("Writer lets those who were released join before it flushes", async () => {
  const policy = new ObservingPolicy(new LeaderCommitPolicy());
  const { wal, clock, close } = await openWal({ policy });
  const again = async () => {
    await wal.append("first");
    await Promise.resolve();
    await wal.append("second");
  };
  await clock.settle(Promise.all([again(), again(), again()]));
  assertEquals(policy.sizes, [3, 3]);
  await close();
});

test("Writer asks the policy once for what one turn appends", async () => {
  const policy = new ObservingPolicy(new LeaderCommitPolicy());
  const { wal, clock, close } = await openWal({ policy });
  for (let record = 0; record < 100; record++) track(wal.append("x"));
  await clock.turn();
  assertEquals([policy.asked, policy.sizes], [1, [100]]);
  await close();
});

test("Writer makes one write and one sync of a batch, whatever the limits", async () => {
  for (const limit of [1, 256, 1000]) {
    const policy = new CountPolicy({ records: limit });
    const { wal, log, clock, close } = await openWal({ policy });
    for (const [size, last] of [[500, 500], [2000, 2500]]) {
      const batch = Array.from({ length: size }, () => "x");
      const appended = await clock.settle(wal.appendBatch(batch));
      assertEquals(appended, { first: last - size + 1, last });
    }
    const calls = ["append 1-500", "sync", "append 501-2500", "sync"];
    assertEquals(log.order, calls);
    await close();
  }
});

test("Writer reports each flush with its instants, in order", async () => {
  const policy = new ObservingPolicy(new LeaderCommitPolicy());
  const { wal, log, clock, close } = await openWal(
    { policy },
    { answer: "held" },
  );
  await clock.advance(5);
  const append = track(wal.append("12345"));
  await clock.advance(1);
  for (let step = 0; append.state === "pending" && step < 9; step++) {
    log.step();
    await clock.advance(1);
  }
  const [{ bytes, oldestAt, startedAt, writtenAt, endedAt }] = policy.flushes;
  assertEquals([bytes, oldestAt, startedAt], [9, 5, 5]);
  assertEquals([writtenAt, endedAt], [6, 8]);
  await close();
});

test("Writer flushes at once when a policy throws or says NaN", async () => {
  const throwing = () => {
    throw new Error("no idea");
  };
  for (const due of [() => NaN, throwing, () => "soon" as never]) {
    const policy = new ObservingPolicy({ due });
    const { wal, clock, close } = await openWal({ policy });
    await clock.settle(wal.append("x"));
    assertEquals(policy.flushes.map(({ reason }) => reason), ["fault"]);
    await close();
  }
});

test("Writer continues when a policy's observer throws", async () => {
  const observe = () => {
    throw new Error("an observer that throws");
  };
  const { wal, log, clock, close } = await openWal({
    policy: { due: () => 0, observe },
  });
  await clock.settle(wal.append("a"));
  await clock.settle(wal.append("b"));
  await close();
  assertEquals(log.texts(), ["a", "b"]);
});

test("Writer continues when reading a policy's whenIdle throws", async () => {
  const policy: BatchPolicy = {
    due: () => Infinity,
    get whenIdle(): "wait" {
      throw new Error("a getter that throws");
    },
  };
  const { wal, log, clock, close } = await openWal({ policy });
  await clock.settle(wal.append("a"));
  await close();
  assertEquals(log.texts(), ["a"]);
});

test("Writer flushes what due() appends to a full queue", async () => {
  let calls = 0;
  const { wal, log, clock, close } = await openWal({
    maxQueuedRecords: 1,
    policy: {
      due() {
        if (calls++ === 0) track(wal.append("of the policy"));
        return Infinity;
      },
    },
  });
  const append = track(wal.append("of a caller"));
  await clock.quiet();
  assertEquals(append.state, "resolved");
  await close();
  assertEquals(log.texts(), ["of a caller", "of the policy"]);
});

test("Writer flushes a batch that due() seals by appending", async () => {
  let calls = 0;
  const { wal, log, clock, close } = await openWal({
    policy: {
      limits: { records: 2 },
      due() {
        if (calls++ === 0) track(wal.appendBatch(["two", "three"]));
        return Infinity;
      },
    },
  });
  track(wal.append("one"));
  await clock.quiet();
  assertEquals(log.texts(), ["one", "two", "three"]);
  await close();
});

test("Writer has one flush in flight even if due() appends", async () => {
  const { wal, log, clock } = await openWal({
    policy: {
      due: () => (track(wal.append("from the policy", { ack: "memory" })), 0),
    },
  }, { answer: "held" });
  for (let turn = 0; turn < 6; turn++) {
    track(wal.append(`caller ${turn}`));
    await clock.turn();
  }
  assertEquals(log.overlaps, 0);
});

test("Writer makes no frame larger than a reader accepts", async () => {
  const policy = { limits: { bytes: NaN }, due: () => Infinity };
  const { wal, log, close } = await openWal({
    policy,
    maxQueuedBytes: 2 ** 30,
  });
  const record = new Uint8Array(MAX_FRAME_BYTES / 2);
  track(wal.append(record));
  track(wal.append(record));
  await close();
  for (const { length } of log.frames) {
    assertLessOrEqual(length, MAX_FRAME_BYTES);
  }
});

test("Writer seals a batch at 4 MiB where a policy names no limit", async () => {
  const { wal, log, close } = await openWal({
    policy: new LeaderCommitPolicy(),
  });
  const record = new Uint8Array(1024 * 1024 - 4);
  for (let count = 0; count < 9; count++) track(wal.append(record));
  const together = Array.from({ length: 6 }, () => record);
  track(wal.appendBatch(together));
  track(wal.append(record));
  await close();
  assertEquals(log.frames.map(({ records }) => records.length), [
    4,
    4,
    1,
    6,
    1,
  ]);
});

test("Writer fills a batch beyond 4 MiB where a policy allows it", async () => {
  const policy = new BytesPolicy({ bytes: 6 * 1024 * 1024 });
  const { wal, log, close } = await openWal({ policy });
  const record = new Uint8Array(1024 * 1024 - 4);
  for (let count = 0; count < 9; count++) track(wal.append(record));
  await close();
  assertEquals(log.frames.map(({ records }) => records.length), [6, 3]);
});

test("Writer waits for a sync that answers by a foreign promise", async () => {
  const { wal, log, clock, close } = await openWal();
  let finish = () => {};
  log.sync = () => ({
    then: (resolve: () => void) => void (finish = resolve),
  } as unknown as Promise<void>);
  const append = track(wal.append("x"));
  await clock.quiet();
  assertEquals(append.state, "pending");
  finish();
  await close();
});

test("Writer continues when a policy answers with promises that reject", async () => {
  const reject = () => Promise.reject(new Error("an async policy"));
  const policy = { due: reject, observe: reject } as unknown as BatchPolicy;
  const { wal, log, clock, close } = await openWal({ policy });
  assertEquals(await clock.settle(wal.append("a")), 1);
  assertEquals(log.order, ["append 1-1", "sync"]);
  await close();
});
