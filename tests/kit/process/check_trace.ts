import { type DecodedLog, decodeLog } from "../independent_decoder.ts";
import { checkRecord } from "./record_content.ts";
import {
  bytesOf,
  textOf,
  type TraceCall,
  type TraceEvent,
} from "./trace_call.ts";
import { frameLength, TracedDisk, type TracedFile } from "./traced_disk.ts";

/** What a traced process wrote where. */
export interface TraceSubject {
  /** The log's directory. */
  readonly directory: string;
  /** The file of its notes: `LEVEL LSN` for each acknowledgement. */
  readonly notes: string;
  /** Seed of its records. */
  readonly seed: number;
}

/** What a trace shows. */
export interface TraceFindings {
  /** Broken promises, in order; empty if all were kept. */
  readonly problems: string[];
  /** How much was checked. */
  readonly seen: {
    diskAcks: number;
    osAcks: number;
    syncs: number;
    directorySyncs: number;
    failedSyncs: number;
    segments: number;
    /** Syncs of segments that are not empty. */
    segmentSyncs: number;
    /** Those made by a thread other than the one that writes. */
    threadedSyncs: number;
    /** Writes that brought zeros after a frame. */
    zerosAhead: number;
  };
}

/**
 * Holds a traced process to its word: at each acknowledgement the disk is
 * examined as if power had been lost at that instant, and its log is read by a
 * decoder that shares no code with the library.
 */
export function checkTrace(
  events: readonly TraceEvent[],
  subject: TraceSubject,
): TraceFindings {
  const checker = new TraceChecker(subject);
  for (const event of events) checker.follow(event);
  return checker.findings();
}

class TraceChecker {
  readonly #disk = new TracedDisk();
  readonly #subject: TraceSubject;
  readonly #problems: string[] = [];
  readonly #acks = { disk: 0, os: 0 };
  #decoded: { key: string; log: DecodedLog } | undefined;
  readonly #ids = new WeakMap<Uint8Array, number>();
  #lastId = 0;
  #segments = 0;
  #writer = 0;
  #segmentSyncs = 0;
  #threadedSyncs = 0;

  constructor(subject: TraceSubject) {
    this.#subject = subject;
  }

  follow(event: TraceEvent): void {
    const { at, call } = event;
    if (at === "start") this.#before(call);
    this.#disk.follow(event);
    if (at === "end" && this.#isNaming(call)) this.#segments++;
  }

  findings(): TraceFindings {
    return {
      problems: this.#problems,
      seen: {
        diskAcks: this.#acks.disk,
        osAcks: this.#acks.os,
        ...this.#disk.counts,
        segments: this.#segments,
        segmentSyncs: this.#segmentSyncs,
        threadedSyncs: this.#threadedSyncs,
      },
    };
  }

  #before(call: TraceCall): void {
    const { name, args } = call;
    if (name.includes("write")) this.#beforeWrite(call);
    if (/^(rename|link)/.test(name)) this.#beforeNaming(pathsOf(args));
    if (/^f(data)?sync$/.test(name)) this.#beforeSync(call);
  }

  #beforeWrite(call: TraceCall): void {
    const path = this.#disk.pathOf(call.args[0]);
    if (path === this.#subject.notes) this.#read(textOf(call.args[1]));
    // It may have been renamed since it was opened.
    if (!this.#isSegment(path?.replace(/\.tmp$/, "") ?? "")) return;
    const file = this.#disk.fileOf(call.args[0])!;
    const offset = this.#disk.offsetOf(call);
    this.#writer = call.thread;
    const bytes = bytesOf(call.args[1]);
    const length = frameLength(bytes);
    if (length > 0 && bytes.subarray(length).some((byte) => byte !== 0)) {
      this.#report(`write to ${path} at ${offset} brings more than zeros`);
    }
    if (offset < file.used) {
      this.#report(`write to ${path} at ${offset}, which is written already`);
    }
    if (offset > file.used) {
      this.#report(`write to ${path} at ${offset} leaves a hole`);
    }
  }

  #beforeSync({ name, args: [descriptor], thread }: TraceCall): void {
    const path = this.#disk.pathOf(descriptor);
    if (this.#disk.fileOf(descriptor)?.isSuspect) {
      this.#report(`sync of ${path} tried again`);
    }
    if (name !== "fdatasync") return;
    if (!/\.(wal|wal\.tmp|spare)$/.test(path ?? "")) return;
    this.#segmentSyncs++;
    if (thread !== this.#writer) this.#threadedSyncs++;
  }

  /** Whether a call gives a segment its name. */
  #isNaming({ name, args }: TraceCall): boolean {
    return name.startsWith("link") && this.#isSegment(pathsOf(args)[1] ?? "");
  }

  #beforeNaming([from, to]: string[]): void {
    const isNamed = to !== undefined && this.#isOfLog(to);
    if (!isNamed) return;
    const file = this.#disk.names.get(from);
    if (file === undefined || file.durableWrites < file.writes) {
      this.#report(`${to} gets its name before it is synced`);
    }
  }

  /** Notes are made only after an acknowledgement. */
  #read(notes: string): void {
    for (const note of notes.trimEnd().split("\n")) {
      const [level, lsn] = note.split(" ");
      if (level === "truncated") this.#afterTruncation();
      if (level !== "disk" && level !== "os") continue;
      this.#acks[level]++;
      const names = level === "disk"
        ? this.#disk.durableNames
        : this.#disk.names;
      this.#expect(Number(lsn), level, names);
    }
  }

  #expect(
    lsn: number,
    level: "disk" | "os",
    names: ReadonlyMap<string, TracedFile>,
  ): void {
    const found = [...names].filter(([path]) => this.#isOfLog(path))
      .map(([path, file]): [string, Uint8Array] => [
        path.slice(this.#subject.directory.length + 1),
        level === "disk" ? file.durable : file.bytes,
      ]);
    try {
      if (level === "disk") this.#requireDirectory();
      const log = this.#decode(found);
      if (log.refusal !== undefined) throw log.refusal;
      const record = log.records.find((record) => record.lsn === lsn);
      if (record === undefined) throw new Error("it is not there");
      checkRecord(record.data, { seed: this.#subject.seed, lsn });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#report(`record ${lsn} was acked at ${level} too early: ${reason}`);
    }
  }

  /** Each change of a file makes a new array, by which it is recognized. */
  #decode(files: [string, Uint8Array][]): DecodedLog {
    for (const [, bytes] of files) {
      if (!this.#ids.has(bytes)) this.#ids.set(bytes, ++this.#lastId);
    }
    const key = files.map(([name, bytes]) => `${name} ${this.#ids.get(bytes)}`)
      .join();
    if (key !== this.#decoded?.key) {
      this.#decoded = { key, log: decodeLog(new Map(files)) };
    }
    return this.#decoded.log;
  }

  /**
   * Each directory that the process made on the way to the log must be durable.
   */
  #requireDirectory(): void {
    const { directory } = this.#subject;
    for (const path of this.#disk.names.keys()) {
      if (!`${directory}/`.startsWith(`${path}/`)) continue;
      if (!this.#disk.durableNames.has(path)) {
        throw new Error(`the entry of ${path} is not synced`);
      }
    }
  }

  /** What was removed must not come back. */
  #afterTruncation(): void {
    for (const path of this.#disk.durableNames.keys()) {
      if (this.#isSegment(path) && !this.#disk.names.has(path)) {
        this.#report(`${path} may come back though it was truncated`);
      }
    }
  }

  /** Whether it is a file that says what the log holds. */
  #isOfLog(path: string): boolean {
    return this.#isSegment(path) ||
      path.startsWith(`${this.#subject.directory}/`) &&
        path.endsWith(".manifest");
  }

  #isSegment(path: string): boolean {
    return path.startsWith(`${this.#subject.directory}/`) &&
      path.endsWith(".wal");
  }

  #report(problem: string): void {
    this.#problems.push(problem);
  }
}

/** The arguments of a call that are paths. */
function pathsOf(args: readonly string[]): string[] {
  return args.filter((arg) => arg.startsWith('"')).map(textOf);
}
