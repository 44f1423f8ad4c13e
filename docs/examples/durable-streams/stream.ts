import type {
  ProducerMark,
  StreamConfig,
  StreamRecord,
} from "./stream_record.ts";

/** Where a message is. */
export interface MessagePlace {
  /** LSN of its record. */
  readonly lsn: number;
  /** Position in the stream after it. */
  readonly end: number;
}

/** Where a producer is: it may send `seq` + 1 of `epoch`, or a new epoch. */
type ProducerState = Pick<ProducerMark, "epoch" | "seq">;

/**
 * How many producers a stream remembers. Of one that is forgotten, the next
 * message is refused unless it begins a sequence.
 */
const MAX_PRODUCERS = 10_000;

/**
 * What is in memory of a stream: its settings, who may append next, and where
 * its messages are in the log; never their bytes.
 *
 * There are two of everything that changes. `accept` moves what the next
 * request is judged by, as soon as a record has a place in the log; `settle`
 * moves what readers see, once that record is on disk.
 */
export class Stream {
  readonly number: number;
  readonly config: StreamConfig;
  /** What it is a fork of. */
  readonly source: Stream | undefined;
  /** The position before its first message that it does not inherit. */
  readonly base: number;
  /** LSN of the record that created it, once that is on disk. */
  createdLsn = 0;
  /** In ms since 1970; opening the log counts as an access. */
  accessedAt: number = Date.now();
  /** Resolves when all that was accepted is on disk. */
  pending: Promise<unknown> = Promise.resolve();
  /** Streams that need its messages. */
  forks = 0;
  /** Whether it was deleted; if it has forks, it is kept for them. */
  isDeleted = false;

  /** The position after the last message that was accepted. */
  tail: number;
  isClosed: boolean;
  closedBy: ProducerMark | undefined;
  lastSeq: string | undefined;
  readonly #producers = new Map<string, ProducerState>();

  /** Whether it is closed on disk, and readers may know. */
  isClosedForReaders = false;
  readonly #lsns: number[] = [];
  readonly #ends: number[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(number: number, config: StreamConfig, source?: Stream) {
    this.number = number;
    this.config = config;
    this.source = source;
    this.base = config.forkPosition ?? 0;
    this.tail = this.base;
    this.isClosed = config.isClosed ?? false;
  }

  /** The position after the last message that readers see. */
  get end(): number {
    return this.#ends.at(-1) ?? this.base;
  }

  /** Where a producer is; `undefined` if it has sent nothing yet. */
  producer(id: string): ProducerState | undefined {
    return this.#producers.get(id);
  }

  /** Whether its time is over. */
  isExpired(now: number): boolean {
    const { ttlSeconds, expiresAt } = this.config;
    if (expiresAt !== undefined) return now >= Date.parse(expiresAt);
    return ttlSeconds !== undefined &&
      now >= this.accessedAt + ttlSeconds * 1000;
  }

  /** What follows from a record for the requests after it. */
  accept(record: StreamRecord): void {
    if (record.kind === "append") {
      const { data, marks } = record;
      this.tail += data.length;
      this.lastSeq = marks?.seq ?? this.lastSeq;
      this.#mark(marks?.producer);
      if (marks?.closes) this.#close(marks.producer);
    } else if (record.kind === "close") {
      this.#mark(record.producer);
      this.#close(record.producer);
    }
  }

  /** What follows from a record for readers, now that it is on disk. */
  settle(record: StreamRecord, lsn: number): void {
    if (record.kind === "create") {
      this.createdLsn = lsn;
      this.isClosedForReaders = record.config.isClosed ?? false;
    } else if (record.kind === "append") {
      this.#ends.push(this.end + record.data.length);
      this.#lsns.push(lsn);
      if (record.marks?.closes) this.isClosedForReaders = true;
    } else if (record.kind === "close") {
      this.isClosedForReaders = true;
    }
    this.wake();
  }

  /**
   * The messages after a position, and those of its source before its own. A
   * position within a message stands for the position before it.
   */
  *messagesAfter(position: number): Generator<MessagePlace> {
    const chain: { stream: Stream; upTo: number }[] = [
      { stream: this, upTo: Infinity },
    ];
    for (const { stream: { base, source }, upTo } of chain) {
      if (position >= base || source === undefined) break;
      chain.push({ stream: source, upTo: Math.min(upTo, base) });
    }
    for (const { stream, upTo } of chain.reverse()) {
      const ends = stream.#ends;
      for (let i = firstAbove(ends, position); i < ends.length; i++) {
        if (ends[i] > upTo) break;
        yield { lsn: stream.#lsns[i], end: ends[i] };
      }
    }
  }

  /** Whether a reader at `position` has nothing to do but wait. */
  isQuietAt(position: number): boolean {
    return position === this.end && !this.isClosedForReaders &&
      !this.isDeleted;
  }

  /**
   * Resolves when anything has changed for readers, the store closes, the signal
   * aborts, or after `timeoutMs`.
   */
  changed(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
      signal?.addEventListener("abort", done);
    });
  }

  /** The tag of a response that shows it from `start` to `end`. */
  etag(start: string, end: number, isClosed: boolean): string {
    return `"${this.createdLsn}:${start}:${end}${isClosed ? ":c" : ""}"`;
  }

  /** Lets all that wait for a change look again. */
  wake(): void {
    for (const done of this.#waiting) done();
  }

  #mark(producer: ProducerMark | undefined): void {
    if (producer === undefined) return;
    const { id, epoch, seq } = producer;
    this.#producers.delete(id);
    this.#producers.set(id, { epoch, seq });
    if (this.#producers.size <= MAX_PRODUCERS) return;
    const [oldest] = this.#producers.keys();
    this.#producers.delete(oldest);
  }

  #close(producer: ProducerMark | undefined): void {
    this.isClosed = true;
    this.closedBy = producer;
  }
}

/** Index of the first of ascending numbers that is above `bound`. */
function firstAbove(numbers: readonly number[], bound: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
