import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseTrace } from "../../tests/kit/process/parse_trace.ts";
import { bytesOf, type TraceCall } from "../../tests/kit/process/trace_call.ts";
import type { SyncFindings } from "../peers/check_syncs.ts";
import { Client } from "./client.ts";
import { startExample } from "./servers.ts";

const CLIENTS = 5;
const ROUNDS = 20;
const PIPELINE = 4;

const WRITES = ["write", "pwrite64", "writev", "pwritev", "pwritev2"];
const SENDS = [...WRITES, "sendto", "sendmsg"];
const SYNCS = ["fsync", "fdatasync"];

/** A counter whose key marks its records in the trace. */
const KEY = "probe:";

/**
 * Lets clients count together under strace. Returns how many replies there
 * were, and how many of them began after the sync that covers them had ended.
 */
export async function checkAcks(
  command: readonly string[],
  directory: string,
): Promise<SyncFindings> {
  const trace = join(directory, "trace");
  const start = startExample([
    ...["strace", "-f", "-y", "-xx", "-ttt", "-s", "100000", "-o", trace],
    ...["-e", `trace=${[...SENDS, ...SYNCS].join(",")}`, "--", ...command],
  ]);
  {
    await using server = await start(directory);
    await Promise.all(Array.from({ length: CLIENTS }, async () => {
      using client = await Client.connect(server.port);
      for (let round = 0; round < ROUNDS; round++) {
        await Promise.all(client.repeat(PIPELINE, "INCR", KEY));
      }
    }));
    // The server ends in order, and strace after it, with a whole trace.
    process.kill(-server.child.pid, "SIGTERM");
    await server.child.ended;
  }
  return findAcks(readFileSync(trace, "utf8"));
}

/** What a trace of {@linkcode checkAcks} shows. */
export function findAcks(trace: string): SyncFindings {
  const findings: SyncFindings = { acks: 0, synced: 0 };
  /** By sync in flight: the highest count written when it began. */
  const covers = new Map<TraceCall, number>();
  let written = 0;
  let synced = 0;
  for (const { at, call } of parseTrace(trace)) {
    const { name, args, result } = call;
    if (SYNCS.includes(name)) {
      if (at === "start") covers.set(call, written);
      else if (result === 0) synced = Math.max(synced, covers.get(call)!);
      continue;
    }
    const text = new TextDecoder("latin1").decode(bytesOf(args[1] ?? ""));
    if (at === "end" && WRITES.includes(name) && result > 0) {
      written = Math.max(written, ...numbers(text, /probe:(\d+)/g));
    }
    // In a record, `probe:` comes first, and no line ends after the digits.
    if (at === "end" || !SENDS.includes(name)) continue;
    for (const count of numbers(text, /^:(\d+)\r\n/gm)) {
      findings.acks++;
      if (count <= synced) findings.synced++;
    }
  }
  return findings;
}

function numbers(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map(([, digits]) => Number(digits));
}
