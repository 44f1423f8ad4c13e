import { policyCode } from "../../policies/parse_policy.ts";
import { DEFAULT_POLICY } from "../lab/candidates.ts";
import type { Recommendation } from "./recommend.ts";

/** Code that makes a policy, laid out, and the names that it needs imported. */
export interface PolicyCode {
  readonly names: readonly string[];
  readonly lines: readonly string[];
}

/** What the code should set; the defaults are left out. */
export interface CodeOptions extends Pick<Recommendation, "io"> {
  /** In the notation of `parsePolicy`, or code for what has no notation. */
  readonly policy: string | PolicyCode;
  readonly directory: string;
  /** What the code names where `io` is not the default. */
  readonly storage: "DenoStorage" | "NodeStorage";
  /** Other options, each as code. Default: none. */
  readonly further?: readonly string[];
}

/**
 * Lines of code, ready to paste, that open a log with a policy. Laid out as the
 * project's formatter would.
 */
export function formatCode(
  { directory, policy, io, storage, further = [] }: CodeOptions,
): string[] {
  const names = ["Wal"];
  const options: string[] = [];
  if (policy !== DEFAULT_POLICY) {
    const { names: needed, lines } = toCode(policy);
    names.push(...needed);
    options.push(...indent(lines));
  }
  if (io !== "auto") {
    names.push(storage);
    options.push(`  storage: (dir) => new ${storage}(dir, { io: "${io}" }),`);
  }
  options.push(...further.map((option) => `  ${option},`));
  const open = `const wal = await Wal.open(${JSON.stringify(directory)}`;
  return [
    ...importLines(names.sort(ignoringCase)),
    "",
    ...options.length === 0 ? [`${open});`] : [`${open}, {`, ...options, "});"],
  ];
}

/** A policy's code, over several lines if it is too long for one. */
function toCode(policy: string | PolicyCode): PolicyCode {
  if (typeof policy !== "string") return policy;
  const { names, code } = policyCode(policy);
  const parts = policy.split(",").map((part) => policyCode(part).code);
  const isShort = parts.length === 1 || indent([code])[0].length <= 80;
  const lines = isShort
    ? [code]
    : ["anyOf(", ...parts.map((part) => `  ${part},`), ")"];
  return { names, lines };
}

/** The lines of a value as those of the option `policy`. */
function indent(lines: readonly string[]): string[] {
  return lines.map((line, index) =>
    (index === 0 ? `  policy: ${line}` : `  ${line}`) +
    (index === lines.length - 1 ? "," : "")
  );
}

function importLines(names: readonly string[]): string[] {
  const line = `import { ${names.join(", ")} } from "@syncline/wal";`;
  if (line.length <= 80) return [line];
  const each = names.map((name) => `  ${name},`);
  return ["import {", ...each, '} from "@syncline/wal";'];
}

function ignoringCase(a: string, b: string): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}
