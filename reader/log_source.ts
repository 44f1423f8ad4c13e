import type { BatchSource, FrameLog } from "../storage/frame_log.ts";
import type { Storage } from "../storage/storage.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { Writer } from "../writer/writer.ts";

/** What readers and followers use of a log, whether it is written here or not. */
export interface LogSource {
  /** LSN of the oldest record kept, or of the next one if there is none. */
  readonly firstLsn: number;
  /** LSN up to which all records have reached `level`. */
  reached(level: AckLevel): number;
  /** The directory of the log; absent if it has none. */
  readonly files?: Storage | undefined;
  /** Reads the records `from` to `to`, both included; both are written. */
  read(from: number, to: number): BatchSource;
  /**
   * Calls `wake` whenever a level has been reached by more records, or the log
   * was cut back, closed or failed; in the same turn. Returns what ends that.
   */
  onAdvance(wake: () => void): () => void;
  /** Counts how often the log was cut back; never decreases. */
  readonly cuts: number;
  /** The lowest last LSN that a cut after the first `cuts` left; or Infinity. */
  lowestSince(cuts: number): number;
  /** Why nothing follows: the log is closed, or has failed. */
  readonly end: "closed" | Error | undefined;
}

/** A log as readers of the process that writes it see it. */
export class WriterSource implements LogSource {
  readonly #log: FrameLog;
  readonly #writer: Writer;

  /** What `writer` writes to `log`. */
  constructor(log: FrameLog, writer: Writer) {
    this.#log = log;
    this.#writer = writer;
  }

  get files(): Storage | undefined {
    return this.#log.files;
  }

  get firstLsn(): number {
    return this.#log.firstLsn;
  }

  get cuts(): number {
    return this.#writer.cuts;
  }

  get end(): "closed" | Error | undefined {
    return this.#writer.end;
  }

  reached(level: AckLevel): number {
    return this.#writer.reached(level);
  }

  read(from: number, to: number): BatchSource {
    return this.#log.read(from, to);
  }

  onAdvance(wake: () => void): () => void {
    return this.#writer.onAdvance(wake);
  }

  lowestSince(cuts: number): number {
    return this.#writer.lowestSince(cuts);
  }
}
