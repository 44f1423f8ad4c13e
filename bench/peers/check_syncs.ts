import { readFileSync } from "node:fs";
import { parseTrace } from "../../tests/kit/process/parse_trace.ts";
import {
  bytesOf,
  textOf,
  type TraceCall,
} from "../../tests/kit/process/trace_call.ts";
import { probeText } from "./probe.ts";

/** How many probes were acknowledged, and how many behind a sync. */
export interface SyncFindings {
  acks: number;
  synced: number;
}

const SYNCS = new Set(["fsync", "fdatasync", "msync"]);
const WRITES = new Set([
  ...["write", "pwrite64", "writev", "pwritev", "pwritev2"],
]);

/** The command that traces another and its threads and children into `file`. */
export function tracing(command: readonly string[], file: string): string[] {
  const calls = ["open", "openat", "close", ...WRITES, ...SYNCS];
  return [
    "strace",
    ...["-f", "-y", "-xx", "-ttt", "-s", "100000", "-o", file],
    ...["-e", `trace=${calls.join(",")}`, "--", ...command],
  ];
}

/**
 * Looks, for each probe in a trace, for a sync of a file in `directory` that
 * began after the probe's record was written and was done before its ack.
 */
export function checkSyncs(file: string, directory: string): SyncFindings {
  const checker = new SyncChecker(directory);
  for (const { at, call } of parseTrace(readFileSync(file, "utf8"))) {
    if (at === "start") checker.begin(call);
    else checker.end(call);
  }
  return checker.findings;
}

class SyncChecker {
  readonly findings: SyncFindings = { acks: 0, synced: 0 };
  readonly #directory: string;
  /** Descriptors, with their paths, whose writes are syncs. */
  readonly #dsync = new Set<string>();
  /** Syncs that began after the record was written. */
  readonly #covering = new Set<TraceCall>();
  #asked = "";
  #isWritten = false;
  #isSynced = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  begin(call: TraceCall): void {
    const { name, args } = call;
    const text = WRITES.has(name) ? textOf(args[1]) : "";
    // `args[0]` may be `7<\x2f...>`: a descriptor and its path, in escapes.
    if (this.#pathOf(args[0]).endsWith("/marks")) return this.#mark(text);
    if (SYNCS.has(name) && this.#isWritten && this.#isInside(call)) {
      this.#covering.add(call);
    }
  }

  end(call: TraceCall): void {
    const { name, args, result } = call;
    if (name.startsWith("open")) return this.#open(call);
    if (this.#covering.delete(call) && result === 0) this.#isSynced = true;
    if (!WRITES.has(name) || result < 0 || !this.#isInside(call)) return;
    if (this.#asked === "" || !holds(args[1], this.#asked)) return;
    this.#isWritten = true;
    const isSync = this.#dsync.has(args[0]) || /SYNC/.test(args.at(-1)!);
    if (isSync) this.#isSynced = true;
  }

  #mark(text: string): void {
    const [verb, ask] = text.trim().split(" ");
    if (verb === "ack") {
      this.findings.acks++;
      if (this.#isSynced) this.findings.synced++;
    }
    this.#asked = verb === "ask" ? probeText(Number(ask)) : "";
    this.#isWritten = this.#isSynced = false;
    this.#covering.clear();
  }

  #open({ name, args, result }: TraceCall): void {
    const [path, flags = ""] = name === "open" ? args : args.slice(1);
    const key = `${result}<${/"(.*)"/.exec(path)?.[1]}>`;
    if (/O_D?SYNC/.test(flags)) this.#dsync.add(key);
    else this.#dsync.delete(key);
  }

  /** A sync of mapped memory names no file. */
  #isInside({ name, args }: TraceCall): boolean {
    if (name === "msync") return true;
    return this.#pathOf(args[0]).startsWith(this.#directory);
  }

  #pathOf(arg: string): string {
    const escaped = /^\d+<(.*)>$/.exec(arg)?.[1] ?? "";
    return textOf(`"${escaped}"`) || escaped;
  }
}

/** A record may lie on two pages; its text is repeated within it. */
function holds(arg: string, text: string): boolean {
  return new TextDecoder("latin1").decode(bytesOf(arg)).includes(text);
}
