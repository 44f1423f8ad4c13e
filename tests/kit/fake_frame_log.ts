import { FRAME_HEADER_BYTES } from "../../storage/format/frame.ts";
import type {
  FrameDraft,
  FrameLog,
  RecordBatch,
} from "../../storage/frame_log.ts";
import type { MaybePromise } from "../../storage/storage.ts";

/** The calls that a writer makes. */
export type Operation = "append" | "sync" | "checkOwner";

/** Options of {@linkcode FakeFrameLog}. */
export interface FakeFrameLogOptions {
  /**
   * How calls are answered: at `"once"` (the default), by a `"promise"`, or
   * when the test calls `step`, for `"held"`.
   */
  answer?: "once" | "promise" | "held";
  /** LSN of the last record that already exists. Default 0. */
  lastLsn?: number;
  /** Makes the nth call of a kind fail, counted from 1. */
  fail?: { operation: Operation; nth: number; error: unknown };
}

/** A frame as it was appended. */
export interface FakeFrame extends RecordBatch {
  /** The records themselves, not made on demand. */
  readonly records: Uint8Array<ArrayBuffer>[];
  /** Bytes of the records with their lengths. */
  readonly length: number;
}

/** A frame log that notes what is asked of it, in order. */
export class FakeFrameLog implements FrameLog {
  /** All calls: `"append 1-3"`, `"sync"`, `"checkOwner"`, `"close"`. */
  readonly calls: string[] = [];
  /** The frames whose append was done. */
  readonly frames: FakeFrame[] = [];
  /** Never rises: nothing is truncated. */
  readonly firstLsn = 1;
  /** LSN up to which records are written. */
  lastLsn: number;
  /** LSN up to which a sync that began after the write was done. */
  syncedLsn = 0;
  /** Number of calls that arrived while another one was in flight. */
  overlaps = 0;
  readonly #options: FakeFrameLogOptions;
  readonly #counts = { append: 0, sync: 0, checkOwner: 0 };
  #held: (() => void) | undefined;
  #flying = false;

  /** An empty log. */
  constructor(options: FakeFrameLogOptions = {}) {
    this.#options = options;
    this.lastLsn = options.lastLsn ?? 0;
  }

  /** How often `operation` was called. */
  count(operation: Operation): number {
    return this.#counts[operation];
  }

  /** The records, decoded as text. */
  texts(): string[] {
    const decoder = new TextDecoder();
    return this.frames.flatMap(({ records }) =>
      records.map((record) => decoder.decode(record))
    );
  }

  /** The calls other than `checkOwner`. */
  get order(): string[] {
    return this.calls.filter((call) => call !== "checkOwner");
  }

  /** Whether a held call waits for {@linkcode FakeFrameLog.step}. */
  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Lets the held call be answered, if there is one. */
  step(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.();
  }

  append(frame: FrameDraft): MaybePromise<void> {
    const last = frame.firstLsn + frame.count - 1;
    return this.#answer("append", `append ${frame.firstLsn}-${last}`, () => {
      this.frames.push(decode(frame));
      this.lastLsn = last;
    });
  }

  sync(): MaybePromise<void> {
    const covered = this.lastLsn;
    return this.#answer("sync", "sync", () => {
      this.syncedLsn = covered;
    });
  }

  checkOwner(): MaybePromise<void> {
    return this.#answer("checkOwner", "checkOwner", () => {});
  }

  async *read(from: number, to: number): AsyncGenerator<RecordBatch> {
    for (const { firstLsn, records } of this.frames) {
      const skip = Math.max(0, from - firstLsn);
      const part = records.slice(skip, Math.max(0, to + 1 - firstLsn));
      if (part.length > 0) yield { firstLsn: firstLsn + skip, records: part };
    }
  }

  async truncateBefore(): Promise<void> {}

  // deno-lint-ignore require-await
  async close(clean: boolean): Promise<void> {
    this.calls.push(clean ? "close" : "close unclean");
  }

  #answer(
    operation: Operation,
    call: string,
    finish: () => void,
  ): MaybePromise<void> {
    this.calls.push(call);
    if (this.#flying) this.overlaps++;
    this.#flying = true;
    const { answer = "once", fail } = this.#options;
    const nth = ++this.#counts[operation];
    const end = () => {
      this.#flying = false;
      if (fail?.operation === operation && fail.nth === nth) throw fail.error;
      finish();
    };
    if (answer === "once") return end();
    if (answer === "promise") return Promise.resolve().then(end);
    return new Promise<void>((resolve) => this.#held = resolve).then(end);
  }
}

/** Copies the records out when the append ends, as a slow device would. */
export function decode(
  { firstLsn, count, buffer, length }: FrameDraft,
): FakeFrame {
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  const records: Uint8Array<ArrayBuffer>[] = [];
  let at = FRAME_HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    const start = at + 4;
    at = start + view.getUint32(at, true);
    records.push(buffer.slice(start, at));
  }
  return { firstLsn, records, length };
}
