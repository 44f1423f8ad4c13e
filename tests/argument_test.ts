import {
  isAmount,
  isInteger,
  nearestName,
  requireMethod,
  requireOneOf,
  requireOptions,
  requireSignal,
} from "../argument.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { Wal } from "../wal.ts";
import { assertEquals, assertRejects, assertThrows } from "./kit/assert.ts";
import { test } from "./kit/register.ts";

test("isInteger() and isAmount() judge numbers by their bounds", () => {
  const rows: [unknown, boolean, boolean][] = [
    [2, true, true],
    [3, true, true],
    [4, false, true],
    [1, false, false],
    [2.5, false, true],
    [NaN, false, false],
    [Infinity, false, false],
    [2 ** 53, false, true],
    ["3", false, false],
    [3n, false, false],
    [[3], false, false],
    [null, false, false],
  ];
  for (const [value, integer, amount] of rows) {
    assertEquals([value, isInteger(value, 2, 3)], [value, integer]);
    assertEquals([value, isAmount(value, 2)], [value, amount]);
  }
});

test("requireOneOf() lists the choices, and refuses all else", () => {
  const choose = (value: unknown, ...choices: string[]) => () =>
    requireOneOf("choose", "fruit", value, choices);
  assertEquals(choose("fig", "fig", "plum")(), "fig");
  const rows: [unknown, string[], string][] = [
    ["nut", ["fig", "plum"], '"fig" or "plum": received "nut"'],
    ["", ["fig", "plum", "lime"], '"fig", "plum" or "lime": received ""'],
    [null, ["fig", "plum"], '"fig" or "plum": received null'],
    [["fig"], ["fig", "plum"], '"fig" or "plum": received fig'],
  ];
  for (const [value, choices, rest] of rows) {
    assertEquals(
      assertThrows(choose(value, ...choices), TypeError).message,
      `Cannot choose because fruit must be ${rest}`,
    );
  }
});

test("requireMethod() finds inherited methods, and takes no other value", () => {
  requireMethod("call", "it", [], "map");
  requireMethod("call", "it", { map: () => {} }, "map");
  for (const value of [null, undefined, 7, {}, { map: true }]) {
    assertEquals(
      assertThrows(() => requireMethod("call", "it", value, "map"), TypeError)
        .message,
      `Cannot call because it must be an object with a method map: received ${value}`,
    );
  }
});

const known = ["segmentBytes", "maxQueuedBytes", "warn", "policy"];

test("nearestName() finds the name that was meant, or nothing if none is near", () => {
  const rows: [string, string | undefined][] = [
    ["segmentByte", "segmentBytes"],
    ["SegmentBytes", "segmentBytes"],
    ["segment_bytes", "segmentBytes"],
    ["maxQueueBytes", "maxQueuedBytes"],
    ["wran", "warn"],
    ["polcy", "policy"],
    ["pollicy", "policy"],
    ["fsync", undefined],
    ["", undefined],
    ["x", undefined],
  ];
  for (const [name, nearest] of rows) {
    assertEquals([name, nearestName(name, known)], [name, nearest]);
  }
  assertEquals(nearestName("ak", ["ack"]), "ack");
});

test("requireOptions() names the option, or lists all if none is near", () => {
  requireOptions("open", { warn: 1, policy: undefined }, known);
  const unknown = (options: object) =>
    assertThrows(
      () => requireOptions("open", options, ["from", "to"]),
      TypeError,
    )
      .message;
  assertEquals(
    unknown({ from: 1, too: 2 }),
    "Cannot open because there is no option too: did you mean to?",
  );
  assertEquals(
    unknown({ reverse: undefined }),
    "Cannot open because there is no option reverse: the options are from, to",
  );
});

test("Wal.open() refuses unknown options, by name", async () => {
  const storage = new MemoryStorage();
  const options = { segmentByte: 8192 } as object;
  const { message } = await assertRejects(
    () => Wal.open(storage, options),
    TypeError,
  );
  assertEquals([message, storage.list()], [
    "Cannot open a log because there is no option segmentByte: did you mean segmentBytes?",
    [],
  ]);
});

test("requireSignal() takes what acts like an AbortSignal", () => {
  requireSignal("wait", AbortSignal.abort());
  requireSignal("wait", { aborted: false, addEventListener() {} });
  for (const signal of [undefined, null, 1, "x", {}, new EventTarget()]) {
    assertThrows(
      () => requireSignal("wait", signal),
      TypeError,
      "Cannot wait because signal must be an AbortSignal: received",
    );
  }
});

test("append() and read() refuse unknown options, by name", async () => {
  await using wal = await Wal.open(new MemoryStorage());
  const misspelt = { ak: "disk" } as object;
  const message =
    "Cannot append because there is no option ak: did you mean ack?";
  await assertRejects(() => wal.append("x", misspelt), TypeError, message);
  await assertRejects(
    () => wal.appendBatch(["x"], misspelt),
    TypeError,
    message,
  );
  const options = { form: 1 } as object;
  const hint =
    "Cannot read because there is no option form: did you mean from?";
  await assertRejects(() => wal.read(options).next(), TypeError, hint);
  await assertRejects(() => wal.readBatches(options).next(), TypeError, hint);
  assertEquals(await wal.append("x", { ack: "disk" }), 1);
});
