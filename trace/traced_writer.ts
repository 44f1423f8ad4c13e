import type * as AsyncHooks from "node:async_hooks";
import { builtin } from "../builtin.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { AppendRequest, RecordInput } from "../writer/record.ts";
import type { WriterOptions } from "../writer/flusher.ts";
import { Writer } from "../writer/writer.ts";
import {
  type TraceOptions,
  TraceRecorder,
  type TraceSource,
} from "./trace_recorder.ts";

/** A writer that notes its appends and flushes in a trace. */
export class TracedWriter extends Writer {
  readonly #trace: TraceRecorder;
  readonly #callers: Callers;

  /** Continues where `log` ends; `policy` is its policy's notation. */
  constructor(
    log: FrameLog,
    options:
      & WriterOptions
      & Omit<TraceSource, "policyName" | "linked" | "depth">,
    sink: TraceOptions,
    policyName: string | undefined,
  ) {
    const callers = new Callers();
    const { areKnown: linked } = callers;
    const depth = log.pipeline?.depth ?? 1;
    const source = { ...options, policyName, linked, depth };
    const trace = new TraceRecorder(sink, source);
    super(log, { ...options, policy: trace.watch(options.policy) });
    this.#trace = trace;
    this.#callers = callers;
  }

  /** Queues one record, waiting for room if necessary. */
  override append(
    record: RecordInput,
    size: number,
    level: AckLevel,
  ): Promise<number> {
    const acked = super.append(record, size, level);
    this.#note(1, size);
    return new Ack(acked, this.#callers.appended());
  }

  /** Queues records that share a frame; resolves with their answer. */
  override appendTogether<Answer>(
    request: AppendRequest,
    answer: (lastLsn: number) => Answer,
  ): Promise<Answer> {
    const acked = super.appendTogether(request, answer);
    this.#note(request.count, request.bytes);
    return new Ack(acked, this.#callers.appended());
  }

  /** Queues one record, or throws if there is no room. */
  override enqueue(
    record: RecordInput,
    size: number,
    level: AckLevel,
  ): number {
    const lsn = super.enqueue(record, size, level);
    this.#note(1, size);
    return lsn;
  }

  /** Resolves once the queued record `lsn` has reached `level`. */
  override settled(
    lsn: number,
    level: AckLevel,
    signal?: AbortSignal,
  ): Promise<number> {
    // After a batch it may be an append or two earlier.
    this.#callers.waits(this.lastLsn - lsn);
    return super.settled(lsn, level, signal);
  }

  /** Flushes and syncs everything appended before the call. */
  override flush(signal?: AbortSignal): Promise<number> {
    this.#callers.waits(0);
    return super.flush(signal);
  }

  /** Applies new options. The trace ends, because it says the old ones. */
  override configure(options: WriterOptions): Promise<void> {
    this.#callers.forget();
    this.#trace.end("changed");
    return super.configure(options);
  }

  /** Cancels all timers and ends the trace, because nothing follows. */
  override stop(): void {
    super.stop();
    this.#callers.forget();
    this.#trace.end("closed");
  }

  #note(records: number, size: number): void {
    this.#trace.arrived(records, size, this.#callers.distance());
  }
}

/** The last append that a caller made, or waits for. */
interface LastAppend {
  /** Its number, from 1. */
  readonly nth: number;
  /** Whether its caller waits for its ack. */
  isAwaited: boolean;
  /** Number of the last append before it that the caller waited for, or 0. */
  readonly awaited: number;
}

/**
 * Tells callers apart: what a caller does after an `await` happens in the same
 * asynchronous context as the append before it, and so do its timers.
 */
class Callers {
  /** Whether the runtime can tell them apart. */
  readonly areKnown: boolean;
  readonly #context: AsyncHooks.AsyncLocalStorage<LastAppend> | undefined;
  #appends = 0;

  constructor() {
    const hooks = builtin<typeof AsyncHooks>("node:async_hooks");
    this.#context = hooks && new hooks.AsyncLocalStorage<LastAppend>();
    this.areKnown = this.#context !== undefined;
  }

  /**
   * Counts an append; returns how many before it is the last one that its caller
   * waited for, or 0.
   */
  distance(): number {
    const nth = ++this.#appends;
    const awaited = this.#awaited();
    return awaited === 0 ? 0 : nth - awaited;
  }

  /** The last append is the current caller's, who may wait for its ack. */
  appended(): LastAppend {
    const awaited = this.#awaited();
    const append = { nth: this.#appends, isAwaited: false, awaited };
    this.#context?.enterWith(append);
    return append;
  }

  /** The current caller waits for the append that is `back` before the last. */
  waits(back: number): void {
    const nth = Math.max(0, this.#appends - back);
    this.#context?.enterWith({ nth, isAwaited: true, awaited: nth });
  }

  /** Contexts cost nothing more. */
  forget(): void {
    this.#context?.disable();
  }

  #awaited(): number {
    const last = this.#context?.getStore();
    if (last === undefined) return 0;
    return last.isAwaited ? last.nth : last.awaited;
  }
}

/**
 * A promise that notices whether somebody waits for it. `await` calls the `then`
 * of a promise only if its class is not `Promise` itself.
 */
class Ack<Value> extends Promise<Value> {
  readonly #append: LastAppend;

  /** What `then` returns is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  constructor(acked: Promise<Value>, append: LastAppend) {
    super((resolve) => resolve(acked));
    this.#append = append;
  }

  override then<Result = Value, Failure = never>(
    onAcked?: ((value: Value) => Result | PromiseLike<Result>) | null,
    onFailed?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    // A caller that only handles failures does not wait.
    if (typeof onAcked === "function") this.#append.isAwaited = true;
    return super.then(onAcked, onFailed);
  }
}
