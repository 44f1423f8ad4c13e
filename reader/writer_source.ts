import type { BatchSource, FrameLog } from "../storage/frame_log.ts";
import type { Storage } from "../storage/storage.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { LiveTail, Wake } from "../writer/live_tail.ts";
import type { Writer } from "../writer/writer.ts";
import type { LogSource, RecentRecords } from "./log_source.ts";

/** A log as readers of the process that writes it see it. */
export class WriterSource implements LogSource {
  readonly isWriter = true;
  readonly origin: FrameLog;
  readonly #writer: Writer;

  /** What `writer` writes to `log`. */
  constructor(log: FrameLog, writer: Writer) {
    this.origin = log;
    this.#writer = writer;
  }

  get files(): Storage | undefined {
    return this.origin.files;
  }

  get firstLsn(): number {
    return this.origin.firstLsn;
  }

  get cuts(): number {
    return this.#writer.readers.cuts.count;
  }

  get end(): "closed" | Error | undefined {
    return this.#writer.end;
  }

  get tail(): RecentRecords | undefined {
    return this.#writer.readers.tail;
  }

  reached(level: AckLevel): number {
    return this.#writer.reached(level);
  }

  read(from: number, to: number): BatchSource {
    return this.origin.read(from, to);
  }

  lowestSince(cuts: number): number {
    return this.#writer.readers.cuts.lowestSince(cuts);
  }

  prepare(tail: typeof LiveTail): void {
    this.#writer.readers.showTail(tail);
  }

  onAdvance(wake: Wake, level: AckLevel = "os"): () => void {
    return this.#writer.readers.tail!.watch(wake, level);
  }
}
