import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import {
  availableParallelism,
  cpus,
  loadavg,
  release,
  totalmem,
  type,
} from "node:os";
import { join } from "node:path";
import { describeRuntime, type RuntimeName } from "../process/runtime.ts";
import type { Scratch } from "../process/scratch.ts";

/** A line of the header: plots take their subtitle from its column of values. */
export function headerLine(label: string, value: string): string {
  return `${label.padEnd(12)} ${value}`;
}

/** What readers must know about a machine to judge its numbers. */
export function describeMachine(
  scratch: Scratch,
  runtimes: readonly RuntimeName[],
): string[] {
  const [kernel] = release().split("-");
  const cpu = cpus()[0]?.model.trim() || "unknown";
  const lines = [
    headerLine("machine", `${type()} ${kernel}, ${Deno.build.arch}`),
    headerLine("CPUs", `${availableParallelism()} x ${cpu}`),
    headerLine("memory", `${Math.round(totalmem() / 2 ** 30)} GiB`),
    headerLine("file system", scratch.fileSystem),
    headerLine("load", `${loadavg()[0].toFixed(1)} before the run`),
    ...runtimes.map((name) => headerLine("runtime", describeRuntime(name))),
    headerLine("date", new Date().toISOString()),
  ];
  if (scratch.isInMemory) {
    const caution = "in memory: these numbers say nothing about a disk";
    lines.push(headerLine("CAUTION", caution));
  }
  return lines;
}

/** The library's version in a checkout, and its commit if git knows it. */
export function describeLibrary(checkout: string): string {
  const config = readFileSync(join(checkout, "deno.json"), "utf8");
  const { stdout } = spawnSync(
    "git",
    ["-C", checkout, "describe", "--always", "--dirty"],
    { encoding: "utf8" },
  );
  const commit = stdout ? ` (${stdout.trim()})` : "";
  return `Syncline ${JSON.parse(config).version}${commit}`;
}
