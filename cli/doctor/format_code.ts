import { policyCode } from "../../policies/parse_policy.ts";
import type { Recommendation } from "./recommend.ts";

/** Code to be pasted: an import, and the line that opens the log. */
export function formatCode(
  directory: string,
  { io, policy }: Pick<Recommendation, "io" | "policy">,
  storage: "DenoStorage" | "NodeStorage",
): string[] {
  const names = ["Wal"];
  const options: string[] = [];
  if (policy !== "leader") {
    const made = policyCode(policy);
    names.push(...made.names);
    options.push(`policy: ${made.code}`);
  }
  if (io !== "auto") {
    names.push(storage);
    options.push(`storage: (dir) => new ${storage}(dir, { io: "${io}" })`);
  }
  const given = options.length === 0 ? "" : `, { ${options.join(", ")} }`;
  return [
    `import { ${names.sort().join(", ")} } from "@syncline/wal";`,
    `const wal = await Wal.open(${JSON.stringify(directory)}${given});`,
  ];
}
