import type { Clock } from "../writer/clock.ts";
import type { BatchPolicy, FlushReport } from "../policies/batch_policy.ts";
import { RECORD_HEADER_BYTES } from "../storage/format/mod.ts";
import { EventBuffer } from "./_event_buffer.ts";
import { formatEvent } from "./event_line.ts";
import type { TracedOptions, TraceEnd, TraceEvent } from "./trace_event.ts";

/** Where a log's trace goes; see `WalOptions`. */
export interface TraceOptions {
  /**
   * Takes some whole lines of the trace, each with its newline. It is called at
   * the end of a turn of the event loop, never from within a call of the log
   * but `close`, and not again before a promise that it returned is settled. If
   * it throws or rejects, the log warns and the trace ends; the log goes on.
   *
   * `close` does not wait for such a promise: the trace's last lines may come
   * after it has resolved.
   */
  readonly write: (lines: string) => void | Promise<void>;
  /** Where the trace stops, in characters, at least 1. Default 67,108,864. */
  readonly maxBytes?: number | undefined;
}

/** Events that are handed over together. */
const CHUNK_EVENTS = 1024;

const MAX_BYTES = 64 * 1024 * 1024;

/** The options of a log, as far as a recorder needs them. */
export interface TraceSource {
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  readonly synchronous: TracedOptions["synchronous"];
  readonly syncIntervalMs: number;
  readonly maxQueuedBytes: number;
  readonly maxQueuedRecords: number;
}

/**
 * Notes what comes to a log and what its flushes cost: a few numbers each, in
 * a buffer that does not grow. It is written out between turns; what comes
 * while the buffer is full is counted and left out.
 */
export class TraceRecorder {
  readonly #sink: TraceOptions;
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  readonly #buffer = new EventBuffer();
  /** Characters that may still be written. */
  #room: number;
  #header: string;
  #state: "recording" | "scheduled" | "writing" | "over" = "recording";
  #isClosing = false;
  /** The instant of all that comes in this turn; `NaN` before the first. */
  #turnAt = NaN;
  #lastTurnAt = -Infinity;
  #turn = 0;

  /** Writes nothing yet. */
  constructor(sink: TraceOptions, source: TraceSource) {
    this.#sink = sink;
    this.#clock = source.clock;
    this.#warn = source.warn;
    this.#room = sink.maxBytes ?? MAX_BYTES;
    this.#header = formatEvent({
      kind: "header",
      startedAt: source.clock.now(),
      options: {
        synchronous: source.synchronous,
        syncIntervalMs: source.syncIntervalMs === Infinity
          ? null
          : source.syncIntervalMs,
        maxQueuedBytes: source.maxQueuedBytes,
        maxQueuedRecords: source.maxQueuedRecords,
      },
    });
  }

  /** Notes an append; `size` is that of its records with their lengths. */
  arrived(records: number, size: number): void {
    if (this.#state === "over") return;
    if (Number.isNaN(this.#turnAt)) this.#beginTurn(this.#clock.now());
    const bytes = size - records * RECORD_HEADER_BYTES;
    this.#buffer.addAppend(this.#turnAt, records, bytes);
    this.#writeSoon();
  }

  /** The same policy, but that its flushes are noted. */
  watch(policy: BatchPolicy): BatchPolicy {
    return {
      limits: policy.limits,
      get whenIdle() {
        return policy.whenIdle;
      },
      due: (batch, now) => policy.due(batch, now),
      observe: (flush) => {
        this.#flushed(flush);
        return policy.observe?.(flush);
      },
    };
  }

  /** Writes what is left, when the log is closed. */
  end(): void {
    this.#isClosing = true;
    if (this.#state !== "writing") this.#write();
  }

  /** Whoever is released by a flush, and appends at once, comes in its turn. */
  #flushed(flush: FlushReport): void {
    if (this.#state === "over") return;
    this.#buffer.addFlush(flush);
    this.#beginTurn(flush.durableAt);
    this.#writeSoon();
  }

  /**
   * As the writer has it, what comes in one turn comes at once. An append may
   * have come behind `at` where a storage takes time to say who owns the log.
   */
  #beginTurn(at: number): void {
    const turn = ++this.#turn;
    this.#turnAt = this.#lastTurnAt = Math.max(at, this.#lastTurnAt);
    this.#clock.endOfTurn(() => {
      if (this.#turn === turn) this.#turnAt = NaN;
    });
  }

  #writeSoon(): void {
    if (this.#state !== "recording") return;
    if (this.#buffer.events < CHUNK_EVENTS) return;
    this.#state = "scheduled";
    this.#clock.endOfTurn(() => {
      if (this.#state === "scheduled") this.#write();
    });
  }

  /** A sink that answers later is left alone until it has. */
  #write(): void {
    if (this.#state === "over") return;
    const text = this.#takeText();
    const isLast = this.#isClosing || this.#room <= 0;
    this.#state = isLast ? "over" : "writing";
    try {
      const answer = this.#sink.write(text);
      if (typeof answer?.then === "function") {
        return void answer.then(() => this.#written(), this.#failed);
      }
      this.#written();
    } catch (error) {
      this.#failed(error);
    }
  }

  #written(): void {
    if (this.#state === "over") return;
    this.#state = "recording";
    if (this.#isClosing) this.#write();
    else this.#writeSoon();
  }

  readonly #failed = (error: unknown): void => {
    this.#state = "over";
    try {
      this.#warn(`the trace ends here because it cannot be written: ${error}`);
    } catch {
      // A trace is no reason to fail.
    }
  };

  #takeText(): string {
    let text = this.#header;
    this.#header = "";
    this.#room -= text.length;
    for (const event of this.#buffer.take()) {
      const line = formatEvent(event);
      this.#room -= line.length;
      if (this.#room <= 0) return text + end("full");
      text += line;
    }
    return this.#isClosing ? text + end("closed") : text;
  }
}

function end(reason: TraceEnd["reason"]): string {
  const event: TraceEvent = { kind: "end", reason };
  return formatEvent(event);
}
