import { parsePolicy, policyCode } from "../../policies/parse_policy.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const BATCH = { records: 3, bytes: 90, oldestAt: 500, newestAt: 504 };

test("parsePolicy() makes each policy of its name and number", () => {
  assertEquals(parsePolicy("count:256").limits, { records: 256 });
  assertEquals(parsePolicy("bytes:64k").limits, { bytes: 65536 });
  assertEquals(parsePolicy("bytes:2M").limits, { bytes: 2 * 1024 * 1024 });
  assertEquals(parsePolicy("age:2.5").due(BATCH, 504), 502.5);
  assertEquals(parsePolicy("leader").due(BATCH, 504), 500);
  assertEquals(parsePolicy("leader:3").due(BATCH, 504), 503);
  assertEquals(parsePolicy("adaptive").limits, { records: 128 });
  assertEquals(parsePolicy("adaptive:5").limits, {});
  assertEquals(parsePolicy("adaptive:5e-6/1e-9").limits, {});
});

test("parsePolicy() joins policies with anyOf", () => {
  const policy = parsePolicy("count:1000,bytes:1m,age:10");
  assertEquals(policy.limits, { records: 1000, bytes: 1024 * 1024 });
  assertEquals(policy.due(BATCH, 504), 510);
  assertEquals(policy.whenIdle, "wait");
});

test("policyCode() has the option that is given, or none", () => {
  assertEquals(policyCode("adaptive").code, "new AdaptivePolicy()");
  assertEquals(policyCode("adaptive:9,bytes:1k"), {
    code: "anyOf(new AdaptivePolicy({ goal: { p99Ms: 9 } }), " +
      "new BytesPolicy({ bytes: 1024 }))",
    names: ["anyOf", "AdaptivePolicy", "BytesPolicy"],
  });
});

test("policyCode() names both prices of a goal", () => {
  assertEquals(
    policyCode("adaptive:5e-6/1e-9").code,
    "new AdaptivePolicy({ goal: { perFlush: 0.000005, perRecordMs: 1e-9 } })",
  );
});

test("parsePolicy() refuses what it does not know", () => {
  const bad = ["", "cuont:3", "count", "count:0", "count:1.5", "count:1e3"];
  bad.push("bytes:1q", "bytes:k", "bytes:8388608g", "count:1,", "count:+1");
  bad.push("age", "age:-1", "age:x", "age:Infinity");
  bad.push("adaptive:", "adaptive:x", "adaptive:-1", "adaptive:0");
  bad.push("adaptive:1/", "adaptive:/1", "adaptive:1/0", "adaptive:1/2/3");
  for (const text of bad) {
    assertThrows(() => parsePolicy(text), RangeError, "create a policy from");
    assertThrows(() => policyCode(text), RangeError, "create a policy from");
  }
});

test("parsePolicy() says which part is wrong, and what it must be", () => {
  const messageOf = (text: unknown, type: ErrorConstructor) =>
    assertThrows(() => parsePolicy(text as string), type).message;
  assertEquals(
    messageOf("age:2,cuont:3", RangeError),
    'Cannot create a policy from "cuont:3" because its name must be count, ' +
      'bytes, age, leader or adaptive: received "cuont"',
  );
  assertEquals(
    messageOf("count:x,age:2", RangeError),
    'Cannot create a policy from "count:x" because its number must be an integer ' +
      'of at least 1: received "x"',
  );
  assertEquals(
    messageOf(7, TypeError),
    "Cannot create a policy because its notation must be a string: received 7",
  );
});
