import {
  amountRule,
  argumentError,
  eitherOf,
  integerRule,
  requireType,
} from "../argument.ts";
import { AdaptivePolicy } from "./adaptive_policy.ts";
import { AgePolicy } from "./age_policy.ts";
import { anyOf } from "./any_of.ts";
import type { BatchPolicy } from "./batch_policy.ts";
import { BytesPolicy } from "./bytes_policy.ts";
import { CountPolicy } from "./count_policy.ts";
import { LeaderCommitPolicy } from "./leader_commit_policy.ts";

/**
 * Creates a policy from its short notation, for settings and command lines.
 *
 * | notation                     | policy                                      |
 * | ---------------------------- | ------------------------------------------- |
 * | `count:256`                  | `CountPolicy` of 256 records                |
 * | `bytes:65536` or `bytes:64k` | `BytesPolicy`; `k`, `m` and `g` are binary  |
 * | `age:2.5`                    | `AgePolicy` of 2.5 ms                       |
 * | `leader` or `leader:2`       | `LeaderCommitPolicy`, with a window of 2 ms |
 * | `adaptive`                   | `AdaptivePolicy`, for the mean latency      |
 * | `adaptive:20`                | the same, with `goal: { p99Ms: 20 }`        |
 * | `adaptive:5e-6/1e-9`         | the same, with a goal of 5e-6 `perFlush`    |
 * |                              | and 1e-9 `perRecordMs`                      |
 *
 * Joined by commas, they become one policy through {@linkcode anyOf}.
 *
 * Numbers of records and bytes are integers of at least 1; numbers of ms are at
 * least 0, those after `adaptive` above 0. Throws `TypeError` if `text` is not a string, and `RangeError` if it
 * names no policy or a number is out of range.
 *
 * @example
 * ```ts
 * import { parsePolicy } from "@syncline/wal/policies";
 * import assert from "node:assert/strict";
 *
 * const policy = parsePolicy("count:1000,bytes:1m,age:10");
 * assert.deepEqual(policy.limits, { records: 1000, bytes: 1048576 });
 * ```
 */
export function parsePolicy(text: string): BatchPolicy {
  const policies = partsOf(text).map(({ make }) => make());
  return policies.length === 1 ? policies[0] : anyOf(...policies);
}

/**
 * Code that makes the same policy as {@linkcode parsePolicy}, and the names
 * that the code needs imported. Throws on the same texts.
 */
export function policyCode(
  text: string,
): { readonly code: string; readonly names: readonly string[] } {
  const parts = partsOf(text);
  const codes = parts.map(({ name, options }) => `new ${name}(${options})`);
  const names = [...new Set(parts.map(({ name }) => name))];
  return codes.length === 1
    ? { code: codes[0], names }
    : { code: `anyOf(${codes.join(", ")})`, names: ["anyOf", ...names] };
}

/** A policy that is one part of a notation. */
interface Part {
  /** Its class. */
  readonly name: string;
  /** Its options as code, or nothing. */
  readonly options: string;
  readonly make: () => BatchPolicy;
}

/** How a kind of policy is written. */
interface Kind {
  /** What its number must be. */
  readonly rule: string;
  /** The policy for a number, or for none; `undefined` if that is wrong. */
  readonly part: (digits: string | undefined) => Part | undefined;
}

function partsOf(text: string): Part[] {
  requireType("create a policy", "its notation", text, "string");
  return text.split(",").map((written) => {
    const action = `create a policy from "${written}"`;
    const colon = written.indexOf(":");
    const name = colon === -1 ? written : written.slice(0, colon);
    const kind = KINDS.get(name);
    if (kind === undefined) {
      const rule = eitherOf([...KINDS.keys()]);
      throw argumentError(action, "its name", rule, name, true);
    }
    const digits = colon === -1 ? undefined : written.slice(colon + 1);
    const part = kind.part(digits);
    if (part !== undefined) return part;
    throw argumentError(action, "its number", kind.rule, digits ?? "", true);
  });
}

/** A kind of number, and how it is written. */
export interface NumberNotation {
  /** The number that a text stands for; `NaN` if that breaks the rule. */
  readonly parse: (text: string) => number;
  /** What the text must be. */
  readonly rule: string;
}

/** Counts, such as `256`: decimal digits and nothing else. */
export const INTEGER: NumberNotation = {
  parse: parseInteger,
  rule: integerRule(),
};

/** Sizes, such as `65536`, `64k`, `1m` or `2g`. */
export const BYTES: NumberNotation = {
  parse: parseBytes,
  rule: `${integerRule()}, with or without k, m or g`,
};

/** Durations, prices and the like, such as `2` or `0.5`. */
export const AMOUNT: NumberNotation = {
  parse: parseAmount,
  rule: amountRule(),
};

const UNITS: ReadonlyMap<string, number> = new Map([
  ["k", 1024],
  ["m", 1024 ** 2],
  ["g", 1024 ** 3],
]);

function parseInteger(text: string): number {
  const value = Number(text);
  const isWritten = String(value) === text;
  return isWritten && Number.isSafeInteger(value) && value >= 1 ? value : NaN;
}

function parseBytes(text: string): number {
  const unit = UNITS.get(text.slice(-1).toLowerCase());
  if (unit === undefined) return parseInteger(text);
  const bytes = parseInteger(text.slice(0, -1)) * unit;
  return Number.isSafeInteger(bytes) ? bytes : NaN;
}

function parseAmount(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  return value >= 0 && value < Infinity ? value : NaN;
}

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [
    "count",
    simple(
      ["CountPolicy", "records", INTEGER],
      (records) => new CountPolicy({ records }),
    ),
  ],
  [
    "bytes",
    simple(
      ["BytesPolicy", "bytes", BYTES],
      (bytes) => new BytesPolicy({ bytes }),
    ),
  ],
  ["age", simple(["AgePolicy", "ms", AMOUNT], (ms) => new AgePolicy({ ms }))],
  [
    "leader",
    simple(
      ["LeaderCommitPolicy", "windowMs", AMOUNT],
      (windowMs) => new LeaderCommitPolicy({ windowMs }),
      "0",
    ),
  ],
  ["adaptive", {
    rule: "a number above 0, or two with a slash between them",
    part: adaptivePart,
  }],
]);

/** A policy with one option, which is a number; `otherwise` if none is given. */
function simple(
  [name, option, number]: [string, string, NumberNotation],
  make: (value: number) => BatchPolicy,
  otherwise = "",
): Kind {
  return {
    rule: number.rule,
    part(digits = otherwise) {
      const value = number.parse(digits);
      if (Number.isNaN(value)) return undefined;
      const options = `{ ${option}: ${value} }`;
      return { name, options, make: () => make(value) };
    },
  };
}

function adaptivePart(digits: string | undefined): Part | undefined {
  const name = "AdaptivePolicy";
  if (digits === undefined) {
    return { name, options: "", make: () => new AdaptivePolicy() };
  }
  const numbers = digits.split("/").map(parseAmount);
  const [first, last] = [numbers[0], numbers[numbers.length - 1]];
  if (numbers.length > 2 || !(first >= 0) || !(last > 0)) return undefined;
  const [goal, code] = numbers.length === 1
    ? [{ p99Ms: first }, `{ p99Ms: ${first} }`]
    : [
      { perFlush: first, perRecordMs: last },
      `{ perFlush: ${first}, perRecordMs: ${last} }`,
    ];
  const options = `{ goal: ${code} }`;
  return { name, options, make: () => new AdaptivePolicy({ goal }) };
}
