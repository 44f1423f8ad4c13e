import { argumentError } from "../argument.ts";
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
 * | `adaptive` or `adaptive:5`   | `AdaptivePolicy`, with a target of 5 ms     |
 *
 * Joined by commas, they become one policy through {@linkcode anyOf}.
 *
 * Numbers of records and bytes are integers of at least 1; numbers of ms are at
 * least 0. Throws `TypeError` if `text` is not a string, and `RangeError` if it
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
  const policies = partsOf(text).map(({ kind, value }) => kind.make(value));
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
  const codes = parts.map(({ kind, value }) =>
    value === undefined
      ? `new ${kind.name}()`
      : `new ${kind.name}({ ${kind.option}: ${value} })`
  );
  const names = [...new Set(parts.map(({ kind }) => kind.name))];
  return codes.length === 1
    ? { code: codes[0], names }
    : { code: `anyOf(${codes.join(", ")})`, names: ["anyOf", ...names] };
}

/** How a policy is written and made; it has one option, a number. */
interface Kind {
  readonly name: string;
  readonly option: string;
  /** The number if none is written; `undefined` if none is needed. */
  readonly otherwise: string | undefined;
  readonly number: NumberNotation;
  readonly make: (value?: number) => BatchPolicy;
}

interface Part {
  readonly kind: Kind;
  readonly value: number | undefined;
}

function partsOf(text: string): Part[] {
  if (typeof text !== "string") {
    const rule = "a string";
    throw argumentError("create a policy", "its notation", rule, text, false);
  }
  return text.split(",").map((part) => {
    const action = `create a policy from "${part}"`;
    const colon = part.indexOf(":");
    const name = colon === -1 ? part : part.slice(0, colon);
    const kind = KINDS.get(name);
    if (kind === undefined) {
      const rule = [...KINDS.keys()].join(", ").replace(/, (\w+)$/, " or $1");
      throw argumentError(action, "its name", rule, name, true);
    }
    const digits = colon === -1 ? kind.otherwise : part.slice(colon + 1);
    if (digits === undefined) return { kind, value: undefined };
    const { parse, rule } = kind.number;
    const value = parse(digits);
    if (!Number.isNaN(value)) return { kind, value };
    throw argumentError(action, "its number", rule, digits, true);
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
  rule: "an integer of at least 1",
};

/** Sizes, such as `65536`, `64k`, `1m` or `2g`. */
export const BYTES: NumberNotation = {
  parse: parseBytes,
  rule: "an integer of at least 1, with or without k, m or g",
};

/** Durations, prices and the like, such as `2` or `0.5`. */
export const AMOUNT: NumberNotation = {
  parse: parseAmount,
  rule: "a finite number of at least 0",
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
  ["count", {
    name: "CountPolicy",
    option: "records",
    otherwise: "",
    number: INTEGER,
    make: (records) => new CountPolicy({ records }),
  }],
  ["bytes", {
    name: "BytesPolicy",
    option: "bytes",
    otherwise: "",
    number: BYTES,
    make: (bytes) => new BytesPolicy({ bytes }),
  }],
  ["age", {
    name: "AgePolicy",
    option: "ms",
    otherwise: "",
    number: AMOUNT,
    make: (ms) => new AgePolicy({ ms }),
  }],
  ["leader", {
    name: "LeaderCommitPolicy",
    option: "windowMs",
    otherwise: "0",
    number: AMOUNT,
    make: (windowMs) => new LeaderCommitPolicy({ windowMs }),
  }],
  ["adaptive", {
    name: "AdaptivePolicy",
    option: "targetLatencyMs",
    otherwise: undefined,
    number: AMOUNT,
    make: (targetLatencyMs) => new AdaptivePolicy({ targetLatencyMs }),
  }],
]);
