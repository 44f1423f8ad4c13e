import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test, type TestBody } from "../register.ts";
import { parseTrace } from "./parse_trace.ts";
import type { TraceEvent } from "./trace_call.ts";
import { DISK_CALLS } from "./traced_disk.ts";

/** A fault that strace injects into system calls. */
export interface Fault {
  /** The calls, with commas. */
  readonly calls: string;
  /** What happens, and to which of them, in strace's notation. */
  readonly what: string;
  /** Only calls that concern one of these paths; then no others are traced. */
  readonly paths?: readonly string[];
}

/** Why processes cannot be traced here, if so. */
const hindrance = findHindrance();

/**
 * Registers a test that traces processes. Where none can be traced, it is
 * skipped and says so: what was not checked must not count as passed.
 */
export function tracedTest(name: string, body: TestBody): void {
  if (canTrace(name)) test(name, body);
}

/** Whether processes can be traced here; if not, says what is skipped. */
export function canTrace(what: string): boolean {
  if (hindrance === undefined) return true;
  console.log(`skipped: ${what}: strace ${hindrance}`);
  return false;
}

function findHindrance(): string | undefined {
  const { error, status, stderr } = spawnSync(
    "strace",
    ["-f", "-D", "-o", "/dev/null", "true"],
    { encoding: "utf8" },
  );
  if (error) return "is not installed";
  const isFine = status === 0 && stderr === "";
  return isFine ? undefined : `is of no use here (${stderr.trim()})`;
}

/** The command that traces another; the process id stays that one's. */
export function traced(
  command: readonly string[],
  file: string,
  fault?: Fault,
): string[] {
  const only = fault?.paths?.flatMap((path) => ["-P", path]) ?? [];
  const calls = [...DISK_CALLS, ...fault?.calls.split(",") ?? []];
  const inject = fault ? ["-e", `inject=${fault.calls}:${fault.what}`] : [];
  return [
    "strace",
    ...["-f", "-D", "-y", "-xx", "-ttt", "-s", "10000000"],
    ...["-o", file, "-e", `trace=${calls.join(",")}`],
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
