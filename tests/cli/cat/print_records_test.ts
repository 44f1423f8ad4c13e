import { formatRecord } from "../../../cli/cat/print_records.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("formatRecord() shows text as text and other bytes as base64", () => {
  const show = (...bytes: number[]) => formatRecord(7, new Uint8Array(bytes));
  assertEquals(show(), '{"lsn":7,"text":""}');
  assertEquals(show(0x68, 0x22, 0x0a), '{"lsn":7,"text":"h\\"\\n"}');
  assertEquals(show(0xc3, 0xa4), '{"lsn":7,"text":"ä"}');
  assertEquals(show(0xff, 0xfe), '{"lsn":7,"base64":"//4="}');
  assertEquals(show(0xef, 0xbb, 0xbf, 65), '{"lsn":7,"text":"\ufeffA"}');
});
