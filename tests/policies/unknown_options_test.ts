import {
  AdaptivePolicy,
  AgePolicy,
  BytesPolicy,
  CountPolicy,
  LeaderCommitPolicy,
} from "../../policies/mod.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("policies refuse unknown options, and name those that there are", () => {
  const unknown = { colour: 5 } as object;
  const rows: [string, () => unknown, string][] = [
    [
      "an AdaptivePolicy",
      () => new AdaptivePolicy(unknown),
      "goal, ladder",
    ],
    ["an AgePolicy", () => new AgePolicy(unknown), "ms"],
    ["a BytesPolicy", () => new BytesPolicy(unknown), "bytes, whenIdle"],
    ["a CountPolicy", () => new CountPolicy(unknown), "records, whenIdle"],
    [
      "a LeaderCommitPolicy",
      () => new LeaderCommitPolicy(unknown),
      "windowMs, minSiblings, maxRecords",
    ],
  ];
  for (const [name, make, names] of rows) {
    assertEquals(
      assertThrows(make, TypeError).message,
      `Cannot create ${name} because there is no option colour: the options are ${names}`,
    );
  }
});

test("NodeStorage refuses an unknown option", () => {
  assertEquals(
    assertThrows(() => new NodeStorage("x", { colour: "threaded" } as object))
      .message,
    "Cannot create a storage because there is no option colour: the options are io, mode",
  );
});
