import { Buffer } from "node:buffer";
import { LineSplitter } from "../../cli/line_splitter.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { test } from "../support/register.ts";

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

test("LineSplitter refuses a line that no frame can hold", () => {
  const splitter = new LineSplitter();
  const chunk = new Uint8Array(16 * 1024 * 1024);
  const error = assertThrows(() => {
    for (let count = 0; count < 5; count++) [...splitter.push(chunk)];
  });
  assertEquals((error as Error).name, "RecordTooLargeError");
});
