import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";

/** What a lock file says of who made it. */
export interface LockOwner {
  pid: number;
  runtime: string;
  /** Unknown where the runtime does not permit to ask. */
  host?: string;
  /** Of the system, so that a reboot ends every lock; Linux only. */
  bootId?: string;
  /** Of the process, so that a reused pid is not mistaken; Linux only. */
  startedAt?: string;
}

/** `"unknown"`: on another host, or asking is not permitted. */
export type OwnerState = "dead" | "alive" | "unknown";

/** Describes this process. */
export function thisProcess(): LockOwner {
  const { versions } = process as { versions: Record<string, string> };
  return {
    pid: process.pid,
    runtime: versions.deno ? "Deno" : versions.bun ? "Bun" : "Node",
    host: attempt(hostname),
    bootId: attempt(() =>
      readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    ),
    startedAt: processStat(process.pid)?.startedAt,
  };
}

/** Whether the owner still runs, as far as this process can tell. */
export function ownerState(owner: LockOwner): OwnerState {
  const me = thisProcess();
  if (owner.host && me.host && owner.host !== me.host) return "unknown";
  if (owner.bootId && me.bootId && owner.bootId !== me.bootId) return "dead";
  if (owner.pid === me.pid) {
    return differ(owner.startedAt, me.startedAt) ? "dead" : "alive";
  }
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ESRCH") return "dead";
    if (code !== "EPERM") return "unknown";
  }
  const stat = processStat(owner.pid);
  const dead = stat?.state === "Z" || differ(owner.startedAt, stat?.startedAt);
  return dead ? "dead" : "alive";
}

/**
 * Whether the owner runs on another system, as far as this process can tell:
 * what the kernel says of locks here means nothing there.
 */
export function isElsewhere(owner: LockOwner): boolean {
  const me = thisProcess();
  return owner.bootId && me.bootId
    ? owner.bootId !== me.bootId
    : differ(owner.host, me.host);
}

/** Fields 3 and 22 of proc(5) stat; the name before them may hold spaces. */
function processStat(
  pid: number,
): { state: string; startedAt: string } | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && { state: fields[0], startedAt: fields[19] };
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
