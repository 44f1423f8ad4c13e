import type { LogSource } from "../../reader/log_source.ts";
import { LogView } from "../../reader/log_view.ts";
import { CompactedError, type RecordBatch } from "../../storage/frame_log.ts";
import type { AckLevel } from "../../writer/acks.ts";

/**
 * A log whose every state the test sets: how far it has got, where it was cut,
 * and how it ends. It keeps nothing in memory for followers, like the log of
 * another process. Each record is a number; frames hold `recordsPerFrame`.
 */
export class FakeLogSource implements LogSource {
  firstLsn = 1;
  end: "closed" | Error | undefined;
  /** LSN up to which records have reached each level. */
  readonly levels: Record<AckLevel, number> = { memory: 0, os: 0, disk: 0 };
  /** What each record is, by LSN. */
  readonly records = new Map<number, number>();
  /** Called before each batch that is read. */
  beforeBatch: () => void | Promise<void> = () => {};
  readonly #recordsPerFrame: number;
  readonly #cuts: number[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(recordsPerFrame = 3) {
    this.#recordsPerFrame = recordsPerFrame;
  }

  get cuts(): number {
    return this.#cuts.length;
  }

  /** How many wait to be woken. */
  get watchers(): number {
    return this.#watchers.size;
  }

  lowestSince(cuts: number): number {
    return Math.min(Infinity, ...this.#cuts.slice(cuts));
  }

  reached(level: AckLevel): number {
    return this.levels[level];
  }

  onAdvance(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => void this.#watchers.delete(wake);
  }

  /** Wakes all who wait. */
  tell(): void {
    for (const wake of this.#watchers) wake();
  }

  /** Adds records, which reach all levels at once. */
  add(...values: number[]): void {
    for (const value of values) this.records.set(++this.levels.memory, value);
    this.levels.os = this.levels.disk = this.levels.memory;
    this.tell();
  }

  /** Cuts the log back to record `lastLsn`. */
  cut(lastLsn: number): void {
    this.#cuts.push(lastLsn);
    for (const level of ["memory", "os", "disk"] as const) {
      this.levels[level] = Math.min(this.levels[level], lastLsn);
    }
    for (const lsn of this.records.keys()) {
      if (lsn > lastLsn) this.records.delete(lsn);
    }
    this.tell();
  }

  async *read(from: number, to: number): AsyncGenerator<RecordBatch> {
    const size = this.#recordsPerFrame;
    for (let next = from; next <= to;) {
      await this.beforeBatch();
      if (next < this.firstLsn) throw new CompactedError(next, this.firstLsn);
      const end = Math.min(to, Math.ceil(next / size) * size);
      const records: Uint8Array<ArrayBuffer>[] = [];
      for (let lsn = next; lsn <= end; lsn++) {
        const value = this.records.get(lsn);
        if (value === undefined) throw new Error(`record ${lsn} is damaged`);
        records.push(Uint8Array.of(value));
      }
      yield { firstLsn: next, records };
      next = end + 1;
    }
  }
}

/** A view of such a log, which yields the numbers. */
export class FakeLogView extends LogView<number> {
  /** Called before anything is read. */
  onRefresh: () => Promise<void> | undefined = () => undefined;

  constructor(source: LogSource) {
    super(source, ([value]) => value);
  }

  protected override refresh(): Promise<void> | undefined {
    return this.onRefresh();
  }

  /** Ends its reads. */
  close(): Promise<void> {
    return this.reads.close();
  }
}
