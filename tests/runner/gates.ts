import { packageGates } from "../package/gates.ts";
import { documents, entryPoints } from "./files.ts";
import { check, type Gate } from "./gate.ts";
import { installedSuites, sourceSuites } from "./suites.ts";

/** All gates, in the order in which they run. */
export function gates(): Gate[] {
  const deno = (name: string, ...args: string[]) =>
    check(`deno ${name}`, Deno.execPath(), args);
  return [
    deno("check", "check", "--doc", ".", ...documents()),
    deno("lint", "lint"),
    deno("fmt", "fmt", "--check"),
    deno("doc", "doc", "--lint", ...entryPoints()),
    deno("publish", "publish", "--dry-run", "--allow-dirty"),
    ...packageGates(),
    check("planted bugs", Deno.execPath(), [
      "run",
      "-A",
      "tests/mutate/main.ts",
    ]),
    ...sourceSuites(),
    ...installedSuites(),
  ];
}
