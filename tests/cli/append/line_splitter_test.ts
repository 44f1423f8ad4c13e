import { Buffer } from "node:buffer";
import { LineSplitter } from "../../../cli/append/line_splitter.ts";
import { assertEquals, assertThrows } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("LineSplitter cuts at newlines wherever the chunks do", () => {
  const text = "one\n\nthree\r\nfour, which is longer\nlast";
  for (let size = 1; size <= text.length; size++) {
    const splitter = new LineSplitter();
    const lines: Uint8Array[] = [];
    for (let at = 0; at < text.length; at += size) {
      lines.push(...splitter.push(Buffer.from(text.slice(at, at + size))));
    }
    lines.push(...splitter.end());
    assertEquals(lines.map((line) => Buffer.from(line).toString()), [
      "one",
      "",
      "three\r",
      "four, which is longer",
      "last",
    ]);
  }
});

const LIMIT = 67_108_860;
const REFUSAL = "Cannot append line 3 because a record has at most " +
  "67,108,860 bytes: received 67,108,861 or more";

test("LineSplitter refuses a line that no record can hold, by its number", () => {
  const splitter = new LineSplitter();
  const lines = [...splitter.push(Buffer.from("one\ntwo\nthree"))];
  assertEquals(lines.length, 2);
  const chunk = new Uint8Array(16 * 1024 * 1024);
  assertThrows(
    () => {
      for (let count = 0; count < 5; count++) [...splitter.push(chunk)];
    },
    RangeError,
    REFUSAL,
  );
});

test("LineSplitter refuses a long line even if it ends in the same chunk", () => {
  const chunk = new Uint8Array(LIMIT + 8);
  for (const at of [0, 2, chunk.length - 1]) chunk[at] = 10;
  const lines = new LineSplitter().push(chunk);
  assertEquals([lines.next().value?.length, lines.next().value?.length], [
    0,
    1,
  ]);
  assertThrows(() => lines.next(), RangeError, REFUSAL);
});

test("LineSplitter accepts a line that just fits", () => {
  const chunk = new Uint8Array(LIMIT + 1);
  chunk[LIMIT] = 10;
  const splitter = new LineSplitter();
  assertEquals([...splitter.push(chunk.subarray(0, 10))].length, 0);
  const [line] = splitter.push(chunk.subarray(10));
  assertEquals(line.length, LIMIT);
});
