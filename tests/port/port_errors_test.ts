import { CountPolicy } from "../../policies/count_policy.ts";
import { openPort, WalPort } from "../../port/mod.ts";
import { toError, toFailure } from "../../port/failure.ts";
import { FencedError } from "../../storage/frame_log.ts";
import { StorageError, StorageFullError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { ConflictError, QueueFullError } from "../../writer/append_queue.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import { LsnExhaustedError } from "../../writer/lsn_exhausted_error.ts";
import { RecordTooLargeError } from "../../writer/record.ts";
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
import { test } from "../kit/register.ts";

async function open(options: WalOptions = {}, fake: FakeFrameLogOptions = {}) {
  const wal = await Wal.open(new FakeFrameLog(fake), options);
  return { wal, port: new WalPort(openPort(wal)) };
}

test("WalPort rejects with ConflictError as Wal does, and appends nothing", async () => {
  const { wal, port } = await open();
  const [kept, refused] = await Promise.allSettled([
    port.append("a", { expect: 1 }),
    port.appendBatch(["b", "c"], { expect: 1 }),
  ]);
  assertEquals(kept.status, "fulfilled");
  const { reason } = refused as PromiseRejectedResult;
  assertInstanceOf(reason, ConflictError);
  assertEquals([reason.name, reason.expected, reason.next], [
    ...["ConflictError", 1, 2],
  ]);
  assertEquals(wal.lastLsn, 1);
  await port.close();
  await wal.close();
});

test("WalPort rejects with the errors of a full line, of size and of LSNs", async () => {
  const lastLsn = Number.MAX_SAFE_INTEGER - 6;
  const bounds = { maxQueuedRecords: 1, maxWaitingRecords: 1 };
  const { wal, port } = await open(bounds, { lastLsn });
  const levels = ["memory", "os", "disk"] as const;
  const calls = levels.map((ack) => port.append("a", { ack }));
  const results = await Promise.allSettled(calls);
  assertEquals(results.map(({ status }) => status), [
    ...["fulfilled", "fulfilled", "rejected"],
  ]);
  const { reason } = results[2] as PromiseRejectedResult;
  assertInstanceOf(reason, QueueFullError);
  assertEquals([reason.action, reason.records], ["append", 1]);
  const exhausted = await assertRejects(
    () => port.appendBatch(["a", "b", "c", "d", "e"]),
    LsnExhaustedError,
  );
  assertEquals([exhausted.records, exhausted.lastLsn], [5, lastLsn + 2]);
  const large = new Uint8Array(2 ** 26);
  await assertRejects(() => port.append(large), RecordTooLargeError);
  await port.close();
  await wal.close();
});

test("WalPort rejects with LogFailedError and its cause after a failed sync", async () => {
  const error = new StorageError("Cannot sync", "/log", "EIO");
  const fail = { operation: "sync", nth: 1, error } as const;
  const { wal, port } = await open({}, { fail });
  const failure = await assertRejects(() => port.append("a"), LogFailedError);
  const { cause } = failure;
  assertInstanceOf(cause, StorageError);
  assertEquals([cause.path, cause.code, cause.message], [
    ...["/log", "EIO", "Cannot sync"],
  ]);
  assertEquals([failure.durableLsn, failure.indeterminate], [0, true]);
  await assertRejects(() => port.append("b"), LogFailedError);
  await assertRejects(() => port.flush(), LogFailedError);
  await assertRejects(() => port.close(), LogFailedError);
  await wal.close();
});

test("WalPort reports once that enqueued records were refused, if nobody waited", async () => {
  const error = new StorageFullError("/log", undefined, 1);
  const fail = { operation: "append", nth: 1, error } as const;
  const { wal, port } = await open({}, { fail });
  const ticket = port.enqueue("lost");
  await assertRejects(() => port.flush(), StorageFullError);
  const found = await assertRejects(
    () => port.settled(ticket),
    StorageFullError,
  );
  assertEquals([found.path, found.lsn], ["/log", 1]);
  assertThrows(() => port.enqueue("a"), StorageFullError);
  assertEquals(await port.append("b"), 1);
  await port.close();
  await wal.close();
});

test("toError() makes of toFailure() an error of the same class and fields", () => {
  const cause = new FencedError("/log", 7);
  const error = new LogFailedError(3, cause);
  const sent = structuredClone(toFailure(error));
  const found = toError(sent);
  assertInstanceOf(found, LogFailedError);
  assertEquals([found.message, found.stack], [error.message, error.stack]);
  assertInstanceOf(found.cause, FencedError);
  assertEquals([found.cause.location, found.cause.epoch], ["/log", 7]);
  assertEquals(Object.prototype.toString.call(found), "[object Error]");
});

test("toFailure() can be posted, whatever was thrown", () => {
  const circle = new Error("circle");
  circle.cause = circle;
  class Own extends TypeError {
    readonly call = () => {};
  }
  const odd = [
    circle,
    new Own("own"),
    new Error("why", { cause: Symbol("a") }),
    Object.create(null),
    undefined,
    "text",
  ];
  const errors = odd.map((error) => toError(structuredClone(toFailure(error))));
  assertEquals(errors.map(({ message }) => message), [
    ...["circle", "own", "why", "a value that has no text", "undefined"],
    "text",
  ]);
  assertInstanceOf(errors[1], TypeError);
  assertEquals(errors[2].cause, "Symbol(a)");
});

test("WalPort refuses only those records of a turn for which there was no space", async () => {
  for (const ack of ["os", "disk"] as const) {
    const error = new StorageFullError("disk");
    const log = new FakeFrameLog({
      fail: { operation: "append", nth: 3, error },
    });
    const wal = await Wal.open(log, {
      policy: new CountPolicy({ records: 2 }),
    });
    const port = new WalPort(openPort(wal));
    const texts = ["a", "b", "c", "d", "e", "f", "g"];
    const tickets = texts.map((text) => port.enqueue(text, { ack }));
    const waited = texts.map((text) => port.append(text, { ack }));
    const settled = await Promise.allSettled([
      ...tickets.map((ticket) => port.settled(ticket)),
      ...waited,
    ]);
    const lsns = settled.map((one) => one.status === "fulfilled" && one.value);
    assertEquals(lsns, [1, 2, 3, 4, ...Array(10).fill(false)]);
    assertEquals(log.texts(), ["a", "b", "c", "d"]);
    assertEquals(port.waitingRecords, 0);
    assertEquals(await port.append("h"), 5);
    await port.close();
    await wal.close();
  }
});
