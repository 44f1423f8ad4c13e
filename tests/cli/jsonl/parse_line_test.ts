import { BadLineError, parseLine } from "../../../cli/jsonl/parse_line.ts";
import { assertEquals, assertThrows } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseLine(bytes(text), 9);

test("parseLine() reads what export and cat --json write", () => {
  const shown = (text: string) => {
    const { data, ...fields } = parse(text)!;
    return [fields, data && new TextDecoder().decode(data)];
  };
  assertEquals(shown('{"lsn":1,"text":"a\\u0000"}'), [{ lsn: 1 }, "a\0"]);
  assertEquals(
    shown(
      '{"lsn":2,"batch":2,"time":"1970-01-01T00:00:01.5Z","base64":"YQ=="}',
    ),
    [{ lsn: 2, batch: 2, time: 1500 }, "a"],
  );
  assertEquals(shown('{"lsn":3,"lost":4}'), [{ lsn: 3, lost: 4 }, undefined]);
  assertEquals(shown(' {"text":"","more":[1]}\r'), [{}, ""]);
  assertEquals(parse(" \t\r"), undefined);
});

test("parseLine() refuses what would not become the same record", () => {
  const bad: [string, string][] = [
    ["{", "it is not JSON"],
    ["7", "it is not a JSON object"],
    ["[]", "it is not a JSON object"],
    ["{}", "it must have either text, base64 or lost: received none"],
    ['{"text":"","lost":1}', "received several"],
    ['{"text":7}', "a record must be a string"],
    ['{"text":"\\ud800"}', "its text has a lone surrogate"],
    ['{"base64":"YQ"}', "its base64 is not valid, with padding"],
    ['{"base64":"Y Q=="}', "its base64 is not valid"],
    ['{"lsn":0,"text":""}', "lsn must be an integer of at least 1: received 0"],
    ['{"batch":"2","text":""}', 'integer of at least 1: received "2"'],
    ['{"lost":1.5}', "lost must be an integer of at least 1: received 1.5"],
    ['{"time":5,"text":""}', "time must be a time since 1970: received 5"],
    ['{"time":"soon","text":""}', 'since 1970: received "soon"'],
  ];
  for (const [text, reason] of bad) {
    const error = assertThrows(() => parse(text), BadLineError, reason);
    assertEquals((error as BadLineError).inputLine, 9);
  }
  const invalid = Uint8Array.of(...bytes('{"text":"'), 0xff, 0x22, 0x7d);
  assertThrows(() => parseLine(invalid, 9), BadLineError, "it is not JSON");
});
