import { AgePolicy } from "../policies/age_policy.ts";
import { anyOf } from "../policies/any_of.ts";
import type { BatchPolicy } from "../policies/batch_policy.ts";
import { BytesPolicy } from "../policies/bytes_policy.ts";
import { CountPolicy } from "../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../policies/leader_commit_policy.ts";
import { parseBytes, parseDuration, parseInteger } from "./parse_number.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Makes a policy of its description: `count:256`, `bytes:64k`, `age:2`,
 * `leader` or `leader:2`, or several joined by commas, of which the first that
 * is due flushes. Throws {@linkcode UsageError}.
 */
export function parsePolicy(text: string): BatchPolicy {
  const policies = text.split(",").map(parseOne);
  return policies.length === 1 ? policies[0] : anyOf(...policies);
}

function parseOne(text: string): BatchPolicy {
  const colon = text.indexOf(":");
  const name = colon === -1 ? text : text.slice(0, colon);
  const value = colon === -1 ? undefined : text.slice(colon + 1);
  const make = MAKERS.get(name);
  if (make === undefined) {
    throw new UsageError(
      `Cannot use policy "${text}" as its name must be ` +
        `${[...MAKERS.keys()].join(", ")}: received "${name}"`,
    );
  }
  return make(value, `policy "${text}"`);
}

type Maker = (value: string | undefined, subject: string) => BatchPolicy;

const MAKERS: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  [
    "count",
    (value = "", subject) =>
      new CountPolicy({ records: parseInteger(subject, value) }),
  ],
  [
    "bytes",
    (value = "", subject) =>
      new BytesPolicy({ bytes: parseBytes(subject, value) }),
  ],
  [
    "age",
    (value = "", subject) =>
      new AgePolicy({ ms: parseDuration(subject, value) }),
  ],
  [
    "leader",
    (value = "0", subject) =>
      new LeaderCommitPolicy({ windowMs: parseDuration(subject, value) }),
  ],
]);
