import { decideTail } from "../../recovery/decide_tail.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("decideTail() refuses whatever a witness declares synced", () => {
  for (const mode of ["tail", "strict"] as const) {
    for (const remainder of ["nothing", "zeros", "bytes"] as const) {
      assertEquals(decideTail({ remainder, witness: true }, mode), "refuse");
    }
  }
});

test("decideTail() accepts an end with nothing or zeros after it", () => {
  for (const mode of ["tail", "strict", "salvage"] as const) {
    for (const remainder of ["nothing", "zeros"] as const) {
      assertEquals(decideTail({ remainder, witness: false }, mode), "accept");
    }
  }
});

test("decideTail() refuses a torn tail in mode strict only", () => {
  const torn = { remainder: "bytes", witness: false } as const;
  assertEquals(decideTail(torn, "tail"), "cut");
  assertEquals(decideTail(torn, "strict"), "refuse");
});

test("decideTail() in mode salvage repairs what a witness declares synced", () => {
  for (const remainder of ["nothing", "zeros", "bytes"] as const) {
    const decision = decideTail({ remainder, witness: true }, "salvage");
    assertEquals(decision, "repair");
  }
  const torn = { remainder: "bytes", witness: false } as const;
  assertEquals(decideTail(torn, "salvage"), "cut");
});
