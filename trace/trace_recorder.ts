import type { BatchPolicy, FlushReport } from "../policies/batch_policy.ts";
import { RECORD_HEADER_BYTES } from "../storage/format/mod.ts";
import type { Clock } from "../writer/clock.ts";
import { EventBuffer } from "./_event_buffer.ts";
import { formatEvent } from "./event_line.ts";
import type { TracedOptions, TraceEnd, TraceEvent } from "./trace_event.ts";

/** Where a log's trace goes; see `WalOptions`. */
export interface TraceOptions {
  /**
   * Receives one or more whole lines of the trace, each with its newline.
   *
   * It is called at the end of a turn of the event loop, never during a call of
   * the log other than `close`, and not again before a promise that it returned
   * has settled. If it throws or rejects, the log warns, ends the trace, and
   * continues without it.
   *
   * `close` does not wait for that promise: the last lines of the trace may
   * arrive after `close` has resolved.
   */
  readonly write: (lines: string) => void | Promise<void>;
  /**
   * Maximum size of the trace, in characters, at least 1. Default 67,108,864.
   */
  readonly maxBytes?: number | undefined;
  /**
   * The log's policy, in the notation of `parsePolicy`, for the trace's header:
   * so a replay can say how far it differs from what was recorded. Default
   * `"leader"` if the log has the default policy, otherwise unknown.
   */
  readonly policy?: string | undefined;
}

/** Number of events that are written together. */
const CHUNK_EVENTS = 1024;

/** How long a turn took is noted to the tenth of a microsecond. */
const PER_MS = 10_000;

const MAX_BYTES = 64 * 1024 * 1024;

/** The options of a log that a recorder needs. */
export interface TraceSource {
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  readonly synchronous: TracedOptions["synchronous"];
  readonly syncIntervalMs: number;
  readonly maxQueuedBytes: number;
  readonly maxQueuedRecords: number;
  /** Most flushes in flight at a time. */
  readonly depth: number;
  /** The policy, in the notation of `parsePolicy`, if it is known. */
  readonly policyName: string | undefined;
  /** Whether appends come with their links. */
  readonly linked: boolean;
}

/**
 * Records the appends to a log and the cost of its flushes: a few numbers each,
 * in a buffer that does not grow. The buffer is written out between turns;
 * events that arrive while it is full are counted and left out.
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
  /** Why it ends, once it does. */
  #ending: TraceEnd["reason"] | undefined;
  /** The arrival time of this turn's appends; `NaN` before the first. */
  #turnAt = NaN;
  #lastTurnAt = -Infinity;
  #turn = 0;
  /** Whether nothing happened since the policy was last asked. */
  #isAsked = true;

  /** Creates a recorder, which writes nothing yet. */
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
        ...(source.depth > 1 && { depth: source.depth }),
      },
      ...(source.policyName !== undefined && { policy: source.policyName }),
      linked: source.linked,
    });
  }

  /**
   * Notes an append; `size` includes the lengths of its records, and `after` is
   * its link, or 0.
   */
  arrived(records: number, size: number, after: number): void {
    if (this.#state === "over") return;
    if (Number.isNaN(this.#turnAt)) this.#beginTurn(this.#clock.now());
    const bytes = size - records * RECORD_HEADER_BYTES;
    this.#buffer.addAppend(this.#turnAt, records, bytes, after);
    this.#isAsked = false;
    this.#writeSoon();
  }

  /** Wraps `policy` so that its flushes are noted. */
  watch(policy: BatchPolicy): BatchPolicy {
    return {
      get limits() {
        return policy.limits;
      },
      get whenIdle() {
        return policy.whenIdle;
      },
      due: (batch, now) => {
        this.#asked(now);
        return policy.due(batch, now);
      },
      observe: (flush, queuedRecords) => {
        this.#flushed(flush);
        return policy.observe?.(flush, queuedRecords);
      },
    };
  }

  /** Writes the rest; nothing more is recorded. */
  end(reason: TraceEnd["reason"]): void {
    this.#ending ??= reason;
    if (this.#state !== "writing") this.#write();
  }

  /** The policy is asked at the end of a turn. */
  #asked(now: number): void {
    if (this.#isAsked || this.#state === "over") return;
    this.#isAsked = true;
    const tookMs = Math.max(0, now - this.#lastTurnAt);
    this.#buffer.addTurnEnd(Math.round(tookMs * PER_MS) / PER_MS);
  }

  /** Callers that a flush releases, and that append at once, join its turn. */
  #flushed(flush: FlushReport): void {
    if (this.#state === "over") return;
    this.#buffer.addFlush(flush);
    this.#isAsked = false;
    this.#beginTurn(flush.endedAt);
    this.#writeSoon();
  }

  /**
   * As in the writer, everything in one turn arrives at one instant. An append
   * may have come later than `at` if the storage takes time to check the owner.
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

  /** Waits for a sink that returns a promise before writing again. */
  #write(): void {
    if (this.#state === "over") return;
    const text = this.#takeText();
    const isLast = this.#ending !== undefined || this.#room <= 0;
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
    if (this.#ending !== undefined) this.#write();
    else this.#writeSoon();
  }

  readonly #failed = (error: unknown): void => {
    this.#state = "over";
    try {
      this.#warn(`the trace ends here because it cannot be written: ${error}`);
    } catch {
      // A problem with the trace must not fail the log.
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
    return this.#ending === undefined ? text : text + end(this.#ending);
  }
}

function end(reason: TraceEnd["reason"]): string {
  const event: TraceEvent = { kind: "end", reason };
  return formatEvent(event);
}
