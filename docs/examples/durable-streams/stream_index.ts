import { Stream } from "./stream.ts";
import type { StreamConfig, StreamRecord } from "./stream_record.ts";

/** All streams, as the records of the log make them. */
export class StreamIndex {
  /** By path: what a request can name. */
  readonly #paths = new Map<string, Stream>();
  /** By number: those, and the deleted ones that forks need. */
  readonly #numbers = new Map<number, Stream>();
  #lastNumber = 0;

  /** The number of the next stream. */
  get nextNumber(): number {
    return this.#lastNumber + 1;
  }

  /** The stream at a path, even a deleted one with forks. */
  at(path: string): Stream | undefined {
    return this.#paths.get(path);
  }

  /** The stream with a number; none if it was deleted and has no forks. */
  numbered(number: number): Stream | undefined {
    return this.#numbers.get(number);
  }

  /** All of them. */
  all(): Stream[] {
    return [...this.#numbers.values()];
  }

  /** What follows from a record for the requests after it. */
  accept(record: StreamRecord): void {
    const { kind, stream: number } = record;
    if (kind === "create") {
      this.#add(number, record.config);
      return;
    }
    const stream = this.#numbers.get(number);
    if (stream === undefined) return;
    if (kind !== "delete") return stream.accept(record);
    stream.isDeleted = true;
    this.#forget(stream);
  }

  /** What follows from a record for readers, now that it is on disk. */
  settle(record: StreamRecord, lsn: number): void {
    this.#numbers.get(record.stream)?.settle(record, lsn);
  }

  #add(number: number, config: StreamConfig): void {
    const source = this.#numbers.get(config.source ?? 0);
    const stream = new Stream(number, config, source);
    if (source !== undefined) source.forks++;
    this.#lastNumber = Math.max(this.#lastNumber, number);
    this.#numbers.set(number, stream);
    this.#paths.set(config.path, stream);
  }

  /** Forgets a deleted stream, and those that only it needed. */
  #forget(deleted: Stream): void {
    let stream: Stream | undefined = deleted;
    while (stream !== undefined && stream.isDeleted && stream.forks === 0) {
      this.#numbers.delete(stream.number);
      this.#paths.delete(stream.config.path);
      stream = stream.source;
      if (stream !== undefined) stream.forks--;
    }
  }
}
