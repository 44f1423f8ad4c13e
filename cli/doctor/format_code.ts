import { policyCode } from "../../policies/parse_policy.ts";
import { DEFAULT_POLICY } from "../lab/candidates.ts";
import type { Recommendation } from "./recommend.ts";

/** What the code should set; the defaults are left out. */
export interface CodeOptions extends Pick<Recommendation, "io" | "policy"> {
  readonly directory: string;
  /** What the code names where `io` is not the default. */
  readonly storage: "DenoStorage" | "NodeStorage";
}

/**
 * Lines of code, ready to paste, that open a log with a policy in the notation
 * of `parsePolicy`. Laid out as the project's formatter would.
 */
export function formatCode(
  { directory, policy, io, storage }: CodeOptions,
): string[] {
  const names = ["Wal"];
  const options: string[] = [];
  if (policy !== DEFAULT_POLICY) {
    names.push(...policyCode(policy).names);
    options.push(...policyLines(policy));
  }
  if (io !== "auto") {
    names.push(storage);
    options.push(`  storage: (dir) => new ${storage}(dir, { io: "${io}" }),`);
  }
  const open = `const wal = await Wal.open(${JSON.stringify(directory)}`;
  return [
    ...importLines(names.sort(ignoringCase)),
    "",
    ...options.length === 0 ? [`${open});`] : [`${open}, {`, ...options, "});"],
  ];
}

function policyLines(policy: string): string[] {
  const parts = policy.split(",").map((part) => policyCode(part).code);
  if (parts.length === 1) return [`  policy: ${parts[0]},`];
  const line = `  policy: ${policyCode(policy).code},`;
  if (line.length <= 80) return [line];
  return ["  policy: anyOf(", ...parts.map((part) => `    ${part},`), "  ),"];
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
