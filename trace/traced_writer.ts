import type { FrameLog } from "../storage/frame_log.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { AppendRequest, LsnRange } from "../writer/record.ts";
import { Writer, type WriterOptions } from "../writer/writer.ts";
import type { TraceRecorder } from "./trace_recorder.ts";

/** A writer that notes its appends and flushes in a trace. */
export class TracedWriter extends Writer {
  readonly #trace: TraceRecorder;

  /** Continues where `log` ends. */
  constructor(log: FrameLog, options: WriterOptions, trace: TraceRecorder) {
    super(log, { ...options, policy: trace.watch(options.policy) });
    this.#trace = trace;
  }

  /** Queues one record, waiting for room if necessary. */
  override append(
    record: Uint8Array | string,
    size: number,
    level: AckLevel,
  ): Promise<number> {
    const acked = super.append(record, size, level);
    this.#trace.arrived(1, size);
    return acked;
  }

  /** Queues records that share a frame; resolves with their LSNs. */
  override appendTogether(request: AppendRequest): Promise<LsnRange> {
    const acked = super.appendTogether(request);
    this.#trace.arrived(request.records.length, request.bytes);
    return acked;
  }

  /** Queues one record, or throws if there is no room. */
  override enqueue(
    record: Uint8Array | string,
    size: number,
    level: AckLevel,
  ): number {
    const lsn = super.enqueue(record, size, level);
    this.#trace.arrived(1, size);
    return lsn;
  }

  /** Cancels all timers and ends the trace, because nothing follows. */
  override stop(): void {
    super.stop();
    this.#trace.end();
  }
}
