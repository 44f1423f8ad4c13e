import { DEFAULT_POLICY } from "../../cli/lab/candidates.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { loadTrace } from "../../simulator/load_trace.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { EventBuffer } from "../../trace/_event_buffer.ts";
import type { TraceOptions } from "../../trace/trace_recorder.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import {
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertStringIncludes,
} from "../kit/assert.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";

/** A sink that keeps the lines, and warnings. */
function collect(options: Partial<TraceOptions> = {}) {
  const chunks: string[] = [];
  const warnings: string[] = [];
  const write = (lines: string) => void chunks.push(lines);
  const trace = { write, ...options };
  const warn = (message: string) => void warnings.push(message);
  return { chunks, warnings, options: { trace, warn } as WalOptions };
}

test("trace notes appends by turn, batches as such, and no content", async () => {
  const { chunks, options } = collect();
  const { wal, clock, close } = await openWal(options);
  const acked = [
    wal.append("secret"),
    wal.appendBatch(["a", "bb", ""]),
    wal.append("x".repeat(300)),
  ];
  wal.enqueue("later");
  await clock.settle(Promise.all(acked));
  await clock.advance(5);
  await clock.settle(wal.append(""));
  await close();
  const text = chunks.join("");
  assertEquals(text.includes("secret"), false);
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map((line) => line.bytes ?? line.flush?.records), [
    ...[undefined, [6, [3, 3], 300, 5], 6, [0], 1, undefined],
  ]);
  assertEquals([lines[1].at, lines[3].at], [0, 5]);
  assertEquals(lines.at(-1), { end: "closed" });
});

test("trace reports flushes as the policy received them", async () => {
  const { chunks, options } = collect();
  const policy = new ObservingPolicy(new LeaderCommitPolicy());
  const { wal, clock, close } = await openWal({ ...options, policy });
  for (let round = 1; round <= 5; round++) {
    const acked = Array.from({ length: round }, () => wal.append("record"));
    await clock.settle(Promise.all(acked));
    await clock.advance(round);
  }
  await close();
  assertEquals((await loadTrace(chunks)).flushes, policy.flushes);
});

test("trace leaves out what enqueue() refused", async () => {
  const { chunks, options } = collect();
  const { wal, close } = await openWal({ ...options, maxQueuedRecords: 2 });
  let refused = 0;
  for (let nth = 0; nth < 5; nth++) {
    try {
      wal.enqueue("record");
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
      refused++;
    }
  }
  await close();
  assertEquals(refused, 3);
  assertEquals([...(await loadTrace(chunks)).arrivals].length, 2);
});

test("trace is handed over in pieces, between turns, before the end", async () => {
  const { chunks, options } = collect();
  const { wal, clock, close } = await openWal(options);
  for (let nth = 0; nth < 3000; nth++) wal.enqueue("record");
  assertEquals(chunks.length, 0);
  await clock.quiet();
  assertEquals(chunks.length, 1);
  await close();
  assertEquals([...(await loadTrace(chunks)).arrivals].length, 3000);
});

test("trace stops at maxBytes, at a whole line, and says so", async () => {
  const { chunks, options } = collect({ maxBytes: 2000 });
  const { wal, clock, close } = await openWal(options);
  for (let nth = 0; nth < 2000; nth++) {
    await clock.settle(wal.append("record"));
  }
  const { length } = chunks.join("");
  await close();
  assertEquals(chunks.join("").length, length);
  assertLessOrEqual(length, 2000 + '{"end":"full"}\n'.length);
  const trace = await loadTrace(chunks);
  assertEquals(trace.end, "full");
  assertGreater(trace.flushes.length, 5);
});

test("trace ends, and the log continues, when its sink fails", async () => {
  const error = new Error("no space");
  const sinks: TraceOptions["write"][] = [
    () => {
      throw error;
    },
    () => Promise.reject(error),
  ];
  for (const write of sinks) {
    let calls = 0;
    const { warnings, options } = collect({
      write: (lines) => (calls++, write(lines)),
    });
    const { wal, log, clock, close } = await openWal(options);
    for (let round = 0; round < 3; round++) {
      for (let nth = 0; nth < 2000; nth++) wal.enqueue("record");
      await clock.settle(wal.flush());
    }
    await close();
    assertEquals(log.texts().length, 6000);
    assertEquals([calls, warnings.length], [1, 1]);
    assertStringIncludes(warnings[0], "no space");
  }
});

test("trace ends even when a warning throws", async () => {
  const write = () => {
    throw new Error("no space");
  };
  const warn = () => {
    throw new Error("nobody listens");
  };
  const { wal, clock, close } = await openWal({ trace: { write }, warn });
  await clock.settle(wal.append("record"));
  await close();
});

test("trace counts what a slow sink kept it from noting, and waits for it", async () => {
  const chunks: string[] = [];
  let go: () => void = () => {};
  const write = (lines: string) => {
    chunks.push(lines);
    return new Promise<void>((resolve) => go = resolve);
  };
  const bounds = { maxQueuedRecords: 100_000 };
  const { wal, clock, close } = await openWal({ ...bounds, trace: { write } });
  for (let nth = 0; nth < 1500; nth++) wal.enqueue("record");
  await clock.settle(wal.flush());
  for (let nth = 0; nth < 50_000; nth++) wal.enqueue("record");
  await clock.settle(wal.flush());
  assertEquals(chunks.length, 1);
  await close();
  assertEquals(chunks.length, 1);
  for (let piece = 0; piece < 5; piece++) {
    go();
    await clock.quiet();
  }
  const { arrivals, missing, end } = await loadTrace(chunks);
  assertEquals([...arrivals].length + missing.appends, 51_500);
  assertGreater(missing.appends, 20_000);
  assertEquals(missing.flushes, 1);
  assertEquals(end, "closed");
});

test("trace on the real clock has one instant for what arrives in a turn", async () => {
  const { chunks, options } = collect();
  const wal = await Wal.open(new MemoryStorage(), options);
  const caller = async () => {
    for (let nth = 0; nth < 20; nth++) await wal.append("record");
  };
  await Promise.all(Array.from({ length: 50 }, caller));
  await wal.close();
  const { arrivals, flushes } = await loadTrace(chunks);
  const all = [...arrivals];
  const instants = new Set(all.map(({ at }) => at));
  assertEquals(all.length, 1000);
  assertEquals(instants.size, flushes.length);
});

test("trace on the real clock has one instant for all that a turn gathers", async () => {
  const { chunks, options } = collect();
  const wal = await Wal.open(new MemoryStorage(), options);
  const second = wal.append("first").then(() => wal.append("second"));
  // Arrives after "first" is flushed, and before "second" is.
  await new Promise<void>((resolve) =>
    setImmediate(() => {
      wal.enqueue("third");
      resolve();
    })
  );
  await second;
  await wal.close();
  const { arrivals, flushes } = await loadTrace(chunks);
  assertEquals(flushes.map(({ records }) => records), [1, 2]);
  const [, ...gathered] = [...arrivals].map(({ at }) => at);
  assertEquals(gathered, [gathered[0], gathered[0]]);
});

test("trace names the policy, if it is known", async () => {
  const policy = new LeaderCommitPolicy({ windowMs: 2 });
  const policyOf = async (
    options: WalOptions,
    given: Partial<TraceOptions>,
  ) => {
    const { chunks, options: traced } = collect(given);
    const wal = await Wal.open(new MemoryStorage(), { ...traced, ...options });
    await wal.close();
    return (await loadTrace(chunks)).policy;
  };
  assertEquals(await policyOf({}, {}), DEFAULT_POLICY);
  assertEquals(await policyOf({ policy }, {}), undefined);
  assertEquals(await policyOf({ policy }, { policy: "leader:2" }), "leader:2");
});

test("trace notes how long a turn took until the policy was asked", async () => {
  const { chunks, options } = collect();
  const { wal, clock, close } = await openWal(options);
  await clock.settle(wal.append("record"));
  await clock.advance(3);
  await clock.settle(wal.append("record"));
  await close();
  const { turns, isBlocking } = await loadTrace(chunks);
  assertEquals(turns, [{ at: 0, calls: 1, ms: 0 }, { at: 3, calls: 1, ms: 0 }]);
  assertEquals(isBlocking, false);
});

test("EventBuffer loses what follows on the first that is lost", () => {
  const buffer = new EventBuffer();
  for (let nth = 0; nth < 16_382; nth++) buffer.addAppend(1, 1, 10, 0);
  buffer.addFlush({
    ...{ reason: "due", records: 1, bytes: 14, firstLsn: 1, lastLsn: 1 },
    ...{ oldestAt: 1, startedAt: 1, writtenAt: 1, endedAt: 1 },
  });
  buffer.addAppend(2, 1, 10, 0);
  const gap = { kind: "gap", appends: 1, flushes: 1 } as const;
  const [turn, lost, ...rest] = buffer.take();
  assertEquals(turn.kind === "turn" && turn.appends.length, 16_382);
  assertEquals([lost, rest], [gap, []]);
  assertEquals(buffer.take(), []);
});
