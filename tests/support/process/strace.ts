import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseTrace } from "./parse_trace.ts";
import type { TraceEvent } from "./trace_call.ts";
import { DISK_CALLS } from "./traced_disk.ts";

/** A fault that strace puts in the way of system calls. */
export interface Fault {
  /** The calls, with commas. */
  readonly calls: string;
  /** What happens, and to which of them, as strace wants it. */
  readonly what: string;
  /** Only calls that concern one of these paths; no other is traced then. */
  readonly paths?: readonly string[];
}

let probe: { readonly fault?: string } | undefined;

/**
 * Whether processes can be traced here. If not it says so, loudly: what is not
 * looked at must not pass for good.
 */
export function canTrace(what: string): boolean {
  probe ??= { fault: findFault() };
  if (probe.fault === undefined) return true;
  console.log(`skipped: strace ${probe.fault}, so nothing shows that ${what}`);
  return false;
}

function findFault(): string | undefined {
  const { error, status, stderr } = spawnSync(
    "strace",
    ["-f", "-o", "/dev/null", "true"],
    { encoding: "utf8" },
  );
  if (error) return "is not installed";
  return status === 0 ? undefined : `is not permitted (${stderr.trim()})`;
}

/** The command that traces another; the process id stays that one's. */
export function traced(
  command: readonly string[],
  file: string,
  fault?: Fault,
): string[] {
  const only = fault?.paths?.flatMap((path) => ["-P", path]) ?? [];
  const inject = fault ? ["-e", `inject=${fault.calls}:${fault.what}`] : [];
  return [
    "strace",
    ...["-f", "-D", "-y", "-xx", "-ttt", "-s", "10000000"],
    ...["-o", file, "-e", `trace=${DISK_CALLS.join(",")}`],
    ...only,
    ...inject,
    "--",
    ...command,
  ];
}

/** Reads what {@linkcode traced} left. */
export function readTrace(file: string): TraceEvent[] {
  return parseTrace(readFileSync(file, "utf8"));
}
