import { execFileSync } from "node:child_process";
import { root } from "./files.ts";

/**
 * How many commits led here. What is tested in turns, a share with each commit,
 * goes by it.
 */
export function countCommits(): number {
  const args = ["rev-list", "--count", "HEAD"];
  return Number(execFileSync("git", args, { cwd: root, encoding: "utf8" }));
}
