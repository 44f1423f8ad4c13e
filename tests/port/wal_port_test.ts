import { openPort, PortClosedError, WalPort } from "../../port/mod.ts";
import { countPorts } from "../../port/open_port.ts";
import { json } from "../../codec/json.ts";
import { accessOf } from "../../log/log_appender.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "../kit/assert.ts";
import {
  FakeFrameLog,
  type FakeFrameLogOptions,
} from "../kit/fake_frame_log.ts";
import { CountedSignal } from "../kit/counted_signal.ts";
import { test } from "../kit/register.ts";

/** A log, a port of it, and what it is written to. */
async function open(options: WalOptions = {}, fake: FakeFrameLogOptions = {}) {
  const log = new FakeFrameLog(fake);
  const wal = await Wal.open(log, options);
  const port = new WalPort(openPort(wal));
  const close = async () => {
    await port.close();
    await wal.close();
  };
  return { log, wal, port, close };
}

/** Number of records of each frame. */
function countsOf({ frames }: FakeFrameLog): number[] {
  return frames.map(({ records }) => records.length);
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

test("WalPort.append() resolves with LSNs in call order, durable, and in one frame for a turn", async () => {
  const { log, wal, port, close } = await open();
  const texts = ["one", "two", "three"];
  const lsns = await Promise.all(texts.map((text) => port.append(text)));
  assertEquals(lsns, [1, 2, 3]);
  assertEquals(log.texts(), texts);
  assertEquals(countsOf(log), [3]);
  assertEquals(wal.durableLsn, 3);
  await close();
});

test("WalPort.append() copies the record during the call", async () => {
  const { log, port, close } = await open();
  const record = new TextEncoder().encode("abc");
  const appended = port.append(record);
  record.fill(0);
  await appended;
  assertEquals(log.texts(), ["abc"]);
  await close();
});

test("WalPort.append() shares batches with others, within the policy's limits", async () => {
  const { log, wal, port, close } = await open({
    policy: new CountPolicy({ records: 4 }),
  });
  const own = wal.append("own");
  const others = Array.from({ length: 9 }, (_, n) => port.append(`${n}`));
  await Promise.all([own, ...others]);
  assertEquals(countsOf(log), [1, 4, 4, 1]);
  await close();
});

test("WalPort.appendBatch() writes one frame, even beyond the policy's limits", async () => {
  const { log, port, close } = await open({
    policy: new CountPolicy({ records: 2 }),
  });
  const first = port.append("first");
  const range = port.appendBatch(["a", "b", "c"]);
  assertEquals([await first, await range], [1, { first: 2, last: 4 }]);
  assertEquals(countsOf(log), [1, 3]);
  await assertRejects(() => port.appendBatch([]), RangeError);
  await close();
});

test("WalPort.append() resolves at the level that it asks for", async () => {
  const { log, port, close } = await open({}, { answer: "held" });
  const drive = async <Value>(promise: Promise<Value>) => {
    let isSettled = false;
    const settled = promise.finally(() => isSettled = true);
    for (; !isSettled; await turn()) log.step();
    return await settled;
  };
  assertEquals(await port.append("queued", { ack: "memory" }), 1);
  assertEquals(log.lastLsn, 0);
  const written = port.append("written", { ack: "os" });
  assertEquals(await drive(written), 2);
  assertEquals([log.lastLsn, log.syncedLsn], [2, 0]);
  assertEquals(await drive(port.append("durable")), 3);
  assertEquals(log.syncedLsn, 3);
  await drive(close());
});

test("WalPort.enqueue() returns tickets, and settled() their LSNs", async () => {
  const { wal, port, close } = await open({ synchronous: "normal" });
  await wal.append("other");
  const tickets = [port.enqueue("a"), port.enqueue("b", { ack: "memory" })];
  assertEquals(tickets, [1, 2]);
  assertEquals(await port.settled(2, "memory"), 3);
  assertEquals(await port.settled(1), 2);
  assertEquals(wal.writtenLsn, 3);
  assertEquals(await port.settled(2, "disk"), 3);
  assertEquals(wal.durableLsn, 3);
  for (const ticket of [0, 3, 1.5]) {
    await assertRejects(() => port.settled(ticket), RangeError, "ticket");
  }
  await close();
});

test("WalPort.settled() refuses the ticket of an append, and a forgotten one", async () => {
  const { port, close } = await open();
  await port.append("no ticket was returned");
  await assertRejects(() => port.settled(1), RangeError, "received 1");
  for (let nth = 0; nth < 9000; nth++) {
    port.enqueue("", { ack: nth % 2 === 0 ? "memory" : "os" });
  }
  assertEquals(await port.settled(9001), 9001);
  await assertRejects(() => port.settled(2), RangeError, "received 2");
  await close();
});

test("WalPort.flush() makes durable what was appended before, whatever the policy says", async () => {
  const policy = new CountPolicy({ records: 100, whenIdle: "wait" });
  const { wal, port, close } = await open({ policy });
  port.enqueue("a");
  const appended = port.append("b");
  assertEquals(await port.flush(), 2);
  assertEquals(wal.durableLsn, 2);
  assertEquals(await appended, 2);
  await close();
});

test("WalPort encodes and decodes in its own thread", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const port = new WalPort(openPort(wal), { codec: json<number[]>() });
  await port.append([1, 2]);
  assertEquals(new TextDecoder().decode((await wal.get(1))?.data), "[1,2]");
  for await (const { data } of port.read()) assertEquals(data, [1, 2]);
  await port.close();
  await wal.close();
});

test("WalPort throws QueueFullError when its window is full, until something is answered", async () => {
  const wal = await Wal.open(new FakeFrameLog());
  const bounds = { maxWaitingRecords: 2, maxWaitingBytes: 100 };
  const port = new WalPort(openPort(wal), bounds);
  const waiting = [port.append("a"), port.append("b")];
  const error = await assertRejects(() => port.append("c"), QueueFullError);
  assertEquals([error.action, error.records, error.bytes], ["append", 2, 10]);
  assertThrows(() => port.enqueue("c"), QueueFullError, "raise maxWaiting");
  assertEquals([port.waitingRecords, port.waitingBytes], [2, 10]);
  await Promise.all(waiting);
  assertEquals([port.waitingRecords, port.waitingBytes], [0, 0]);
  // What is larger than the window goes alone.
  assertEquals(await port.append("x".repeat(200)), 3);
  await port.close();
  await wal.close();
});

test("WalPort.close() flushes, and leaves the log open", async () => {
  const { wal, port } = await open({ synchronous: "off" });
  port.enqueue("a");
  assertEquals(countPorts(wal), 1);
  const closing = port.close();
  await assertRejects(() => port.append("b"), PortClosedError);
  assertThrows(() => port.enqueue("b"), PortClosedError);
  await assertRejects(() => port.read().next(), PortClosedError);
  await closing;
  assertEquals(wal.durableLsn, 1);
  assertEquals(port.close(), closing);
  const error = await assertRejects(() => port.flush(), PortClosedError);
  assertEquals(error.isCutOff, false);
  while (countPorts(wal) > 0) await turn();
  assertEquals(await wal.append("b"), 2);
  await wal.close();
});

test("Wal.close() acknowledges what ports have appended, and closes them", async () => {
  const { wal, port } = await open();
  const appended = port.append("a");
  while (wal.lastLsn === 0) await turn();
  await wal.close();
  assertEquals(await appended, 1);
  await assertRejects(() => port.append("b"), LogClosedError);
  await turn();
  await assertRejects(() => port.flush(), LogClosedError);
  assertThrows(() => port.enqueue("b"), LogClosedError);
  await port.close();
  assertEquals(countPorts(wal), 0);
  assertThrows(() => openPort(wal), LogClosedError);
});

test("a port is cut off by a message that is no request", async () => {
  const wal = await Wal.open(new FakeFrameLog());
  const bad = [
    ["append", [1, 100, 3, 0, 0], new Uint8Array(3)],
    ["append", [1, 5, 3, 0, 0], Uint8Array.of(2, 0, 0, 0, 1)],
    ["append", [0, 0, 3, 0, 0], new Uint8Array(0)],
    ["append", [1, 4, 3, 0, 0], new Uint8Array(5)],
    7,
    undefined,
  ];
  for (const message of bad) {
    const raw = openPort(wal);
    raw.postMessage(message);
    const port = new WalPort(raw);
    const error = await assertRejects(() => port.append("a"), PortClosedError);
    assertEquals(error.isCutOff, true);
  }
  assertEquals([countPorts(wal), wal.lastLsn], [0, 0]);
  await wal.close();
});

test("new WalPort() and its methods refuse bad arguments", async () => {
  const { port, wal, close } = await open();
  const raw = openPort(wal);
  for (
    const [options, kind] of [
      [{ maxWaitingBytes: 0 }, RangeError],
      [{ maxWaitingRecords: "1" }, TypeError],
      [{ codec: {} }, TypeError],
      [{ maxWaiting: 1 }, TypeError],
    ] as const
  ) assertThrows(() => new WalPort(raw, options as never), kind);
  assertThrows(() => new WalPort({} as never), TypeError);
  assertThrows(() => openPort({} as never), TypeError);
  await assertRejects(() => port.append(1 as never), TypeError);
  await assertRejects(() => port.append("", { ack: "x" as never }), TypeError);
  await assertRejects(() => port.append("", { expect: 0 }), RangeError);
  assertThrows(() => port.enqueue("", { level: 1 } as never), TypeError);
  await assertRejects(() => port.follow({ from: "1" as never }).next());
  await assertRejects(() => port.read({ reverse: true } as never).next());
  assertInstanceOf(new WalPort(raw), WalPort);
  await close();
});

test("WalPort gives up calls whose signal is aborted", async () => {
  const policy = new CountPolicy({ records: 100, whenIdle: "wait" });
  const { port, wal } = await open({ policy });
  const ticket = port.enqueue("a");
  const aborting = new AbortController();
  const { signal } = aborting;
  const calls = [
    port.settled(ticket, "disk", { signal }),
    port.follow({ signal }).next(),
    port.follow({ signal, from: 1 }).next(),
  ];
  await turn();
  const reason = new Error("enough");
  aborting.abort(reason);
  for (const result of await Promise.allSettled(calls)) {
    assertEquals(result, { status: "rejected", reason });
  }
  await assertRejects(() => port.flush({ signal }), Error, "enough");
  assertEquals(port.waitingRecords, 1);
  await port.close();
  assertEquals(wal.durableLsn, 1);
  await wal.close();
});

test("WalPort leaves nothing of a thousand calls that have ended or were given up", async () => {
  const { port, wal, close } = await open();
  const counted = new CountedSignal();
  const { signal } = counted;
  const ticket = port.enqueue("a", { ack: "os" });
  await port.flush({ signal });
  for (let nth = 0; nth < 1000; nth++) {
    const giveUp = new AbortController();
    const calls = [
      port.settled(ticket, "disk", { signal: giveUp.signal }),
      port.flush({ signal: giveUp.signal }),
    ];
    giveUp.abort();
    await Promise.allSettled(calls);
    await port.settled(ticket, "disk", { signal });
  }
  for await (const _ of port.read({ signal }));
  assertEquals(counted.listeners, 0);
  const { writer } = accessOf(wal);
  assertEquals(writer.load.waiters, 0);
  for (let nth = 0; nth < 100; nth++) await new WalPort(openPort(wal)).close();
  while (countPorts(wal) > 1) await turn();
  await close();
  while (countPorts(wal) > 0) await turn();
});
