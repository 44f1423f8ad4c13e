import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { installGates, packageGates } from "../package/gates.ts";
import { command } from "./command.ts";
import { buildDir, documents, entryPoints, root } from "./files.ts";
import { check, type Gate, gate, succeed } from "./gate.ts";
import { s3Gate } from "./s3_gate.ts";
import { installedSuites, sourceSuites, TESTS_ALL } from "./suites.ts";

/**
 * All gates, in stages that are run one after the other. What a stage has is run
 * two at a time, because most of it keeps one core busy; suites keep both.
 */
export function stages(): Gate[][] {
  const deno = (name: string, ...args: string[]) =>
    check(`deno ${name}`, Deno.execPath(), args);
  return [
    [
      deno("check", "check", "--doc", ".", ...documents()),
      deno("lint", "lint"),
      deno("fmt", "fmt", "--check"),
      deno("doc", "doc", "--lint", ...entryPoints()),
      ...installGates(),
      gate("deno publish", publishDryRun),
      gate("without packages", refuseWithoutPackages),
    ],
    packageGates(),
    ...[
      check("planted bugs", Deno.execPath(), [
        "run",
        "-A",
        "tests/mutate/main.ts",
        ...(TESTS_ALL ? [] : ["--third"]),
      ]),
      ...sourceSuites(),
      s3Gate(),
      ...installedSuites(),
    ].map((gate) => [gate]),
  ];
}

async function publishDryRun(): Promise<string> {
  const args = ["publish", "--dry-run", "--allow-dirty"];
  const output = await succeed(Deno.execPath(), args);
  if (/\bwarning\b/i.test(output)) throw new Error(output);
  return "";
}

/** In a clone without packages a task says what to run first, in one line. */
async function refuseWithoutPackages(): Promise<string> {
  const bare = join(buildDir, "bare", "tests", "runner");
  const script = join(bare, "require_packages.ts");
  mkdirSync(bare, { recursive: true });
  cpSync(join(root, "tests/runner/require_packages.ts"), script);
  const args = ["run", "--no-config", "-R", script];
  const { ok, output } = await command(Deno.execPath(), args);
  const isClear = /^The packages .* run `npm ci`\n/.test(output);
  if (ok || !isClear) throw new Error(output);
  return "";
}
