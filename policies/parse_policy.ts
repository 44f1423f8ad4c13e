import { AdaptivePolicy } from "./adaptive_policy.ts";
import { AgePolicy } from "./age_policy.ts";
import { anyOf } from "./any_of.ts";
import type { BatchPolicy } from "./batch_policy.ts";
import { BytesPolicy } from "./bytes_policy.ts";
import { CountPolicy } from "./count_policy.ts";
import { LeaderCommitPolicy } from "./leader_commit_policy.ts";
import {
  parseBytes,
  parseDuration,
  parseInteger,
  UsageError,
} from "../cli/parse_value.ts";

/**
 * Makes a policy of its description: `count:256`, `bytes:64k`, `age:2`,
 * `leader` or `leader:2`, `adaptive` or, with a target of 5 ms, `adaptive:5`,
 * or several joined by commas, of which the first that is due flushes. Throws
 * {@linkcode UsageError}.
 */
export function parsePolicy(text: string): BatchPolicy {
  const policies = partsOf(text).map(({ kind, value }) => kind.make(value));
  return policies.length === 1 ? policies[0] : anyOf(...policies);
}

/** Code for the same policy, and the names that it needs imported. */
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

/** How a policy is described and made; it has one option, a number. */
interface Kind {
  readonly name: string;
  readonly option: string;
  /** The value where none is given; `undefined` if none is needed. */
  readonly otherwise: string | undefined;
  readonly parse: (subject: string, text: string) => number;
  readonly make: (value?: number) => BatchPolicy;
}

interface Part {
  readonly kind: Kind;
  readonly value: number | undefined;
}

function partsOf(text: string): Part[] {
  return text.split(",").map((part) => {
    const colon = part.indexOf(":");
    const name = colon === -1 ? part : part.slice(0, colon);
    const kind = KINDS.get(name);
    if (kind === undefined) {
      throw new UsageError(
        `policy "${part}" must begin with one of ` +
          `${[...KINDS.keys()].join(", ")}: received "${name}"`,
      );
    }
    const value = colon === -1 ? kind.otherwise : part.slice(colon + 1);
    if (value === undefined) return { kind, value };
    return { kind, value: kind.parse(`the value of policy "${part}"`, value) };
  });
}

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["count", {
    name: "CountPolicy",
    option: "records",
    otherwise: "",
    parse: parseInteger,
    make: (records) => new CountPolicy({ records }),
  }],
  ["bytes", {
    name: "BytesPolicy",
    option: "bytes",
    otherwise: "",
    parse: parseBytes,
    make: (bytes) => new BytesPolicy({ bytes }),
  }],
  ["age", {
    name: "AgePolicy",
    option: "ms",
    otherwise: "",
    parse: parseDuration,
    make: (ms) => new AgePolicy({ ms }),
  }],
  ["leader", {
    name: "LeaderCommitPolicy",
    option: "windowMs",
    otherwise: "0",
    parse: parseDuration,
    make: (windowMs) => new LeaderCommitPolicy({ windowMs }),
  }],
  ["adaptive", {
    name: "AdaptivePolicy",
    option: "targetLatencyMs",
    otherwise: undefined,
    parse: parseDuration,
    make: (targetLatencyMs) => new AdaptivePolicy({ targetLatencyMs }),
  }],
]);
