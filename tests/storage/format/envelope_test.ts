import fc from "fast-check";
import {
  decodeLogId,
  encodeLogId,
  LOG_ID_BYTES,
  makeLogId,
} from "../../../storage/format/envelope.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("makeLogId() puts four random numbers in 32 hexadecimal digits", () => {
  const numbers = [0, 1, 0xabcdef01, 0xffffffff];
  const id = makeLogId(() => numbers.shift()!);
  assertEquals(id, "0000000000000001abcdef01ffffffff");
  assertEquals(numbers, []);
});

test("decodeLogId() gives back what encodeLogId() wrote, where it wrote it", () => {
  const u32 = fc.nat(0xffffffff);
  const ids = fc.tuple(u32, u32, u32, u32);
  fc.assert(fc.property(ids, fc.nat(20), (parts, at) => {
    const left = [...parts];
    const id = makeLogId(() => left.shift()!);
    const bytes = new Uint8Array(40).fill(0xee);
    encodeLogId(bytes, at, id);
    assertEquals(decodeLogId(bytes, at), id);
    const others = [
      ...bytes.subarray(0, at),
      ...bytes.subarray(at + LOG_ID_BYTES),
    ];
    assertEquals(new Set(others), new Set([0xee]));
  }));
});
