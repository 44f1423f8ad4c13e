import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { parseTrace } from "../../tests/kit/process/parse_trace.ts";
import {
  bytesOf,
  textOf,
  type TraceCall,
} from "../../tests/kit/process/trace_call.ts";
import type { Store } from "./contender.ts";

const RECORD_BYTES = 100;
const APPENDS = 12;
const BATCHES = 6;
const BATCH = 8;

/** What identifies a record in a traced write. */
export function probeText(ask: number): string {
  return `syncline probe ${String(ask).padStart(4, "0")} `;
}

function probeRecord(ask: number): Buffer {
  return Buffer.alloc(RECORD_BYTES, probeText(ask));
}

/**
 * In the traced process: makes a few records durable, one after the other, and
 * writes a line to the file `marks` before each append and after its ack.
 */
export async function probe(store: Store, marks: string): Promise<void> {
  const file = fs.openSync(marks, "w");
  let ask = 0;
  async function mark(act: () => unknown): Promise<void> {
    fs.writeSync(file, `ask ${ask}\n`);
    await act();
    fs.writeSync(file, `ack ${ask++}\n`);
    // What a store does after its ack must not count for the next one.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { append, appendAll, writeGroup } = store;
  for (let turn = 0; append && turn < APPENDS; turn++) {
    await mark(() => append.call(store, probeRecord(ask)));
  }
  for (let turn = 0; appendAll && turn < BATCHES; turn++) {
    const records = Array.from({ length: BATCH }, () => probeRecord(ask));
    await mark(() => appendAll.call(store, records));
  }
  for (let turn = 0; writeGroup && turn < APPENDS; turn++) {
    await mark(() => writeGroup.call(store, probeRecord(ask)));
  }
  fs.closeSync(file);
}

/** How many probes were acknowledged, and how many of them after a sync. */
export interface SyncFindings {
  acks: number;
  synced: number;
}

const SYNCS = new Set(["fsync", "fdatasync", "msync"]);
const WRITES = new Set([
  ...["write", "pwrite64", "writev", "pwritev", "pwritev2"],
]);

/** Wraps a command so that it is traced into `file`, threads and children too. */
export function tracing(command: readonly string[], file: string): string[] {
  const calls = ["open", "openat", "close", ...WRITES, ...SYNCS];
  return [
    "strace",
    ...["-f", "-y", "-xx", "-ttt", "-s", "100000", "-o", file],
    ...["-e", `trace=${calls.join(",")}`, "--", ...command],
  ];
}

/** Whether processes can be traced here. */
export function canTrace(): boolean {
  const [program, ...args] = tracing(["true"], "/dev/null");
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

/**
 * Counts the probes in a trace, and those with a sync of a file in `directory`
 * that began after the probe's record was written and ended before its ack.
 */
export function checkSyncs(file: string, directory: string): SyncFindings {
  const checker = new SyncChecker(directory);
  for (const { at, call } of parseTrace(fs.readFileSync(file, "utf8"))) {
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
