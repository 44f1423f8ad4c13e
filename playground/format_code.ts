import { policyCode } from "../policies/parse_policy.ts";

/**
 * Code that opens a log with a policy, which is described as for `--policy`;
 * laid out as the project's formatter would.
 */
export function formatCode(policy: string): string {
  if (policy === "leader") {
    return [
      'import { Wal } from "@syncline/wal";',
      "",
      "// LeaderCommitPolicy is the default.",
      'const wal = await Wal.open("./my-log");',
      "",
    ].join("\n");
  }
  const parts = policy.split(",").map((part) => policyCode(part).code);
  const { names } = policyCode(policy);
  const made = parts.length === 1 ? [`  policy: ${parts[0]},`] : [
    "  policy: anyOf(",
    ...parts.map((part) => `    ${part},`),
    "  ),",
  ];
  return [
    ...formatImport([...names, "Wal"].sort(ignoringCase)),
    "",
    'const wal = await Wal.open("./my-log", {',
    ...made,
    "});",
    "",
  ].join("\n");
}

function formatImport(names: readonly string[]): string[] {
  const line = `import { ${names.join(", ")} } from "@syncline/wal";`;
  if (line.length <= 80) return [line];
  const each = names.map((name) => `  ${name},`);
  return ["import {", ...each, '} from "@syncline/wal";'];
}

function ignoringCase(a: string, b: string): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}
