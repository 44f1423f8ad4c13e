import { LogExistsError } from "../../storage/log_exists_error.ts";
import type { CursorEntry, CursorStore } from "../../storage/cursor_store.ts";
import { FRAME_HEADER_BYTES } from "../../storage/format/frame.ts";
import { type LogMeta, newerMeta } from "../../storage/format/log_meta.ts";
import {
  type CommitPipeline,
  CompactedError,
  FencedError,
  type FrameDraft,
  type FrameLog,
  type RecordBatch,
} from "../../storage/frame_log.ts";
import type {
  LogEngine,
  LogObserver,
  OpenLogOptions,
} from "../../storage/log_engine.ts";

/** What happens to a call of an engine; nothing if absent. */
export type EngineFault =
  /** It fails, and has done nothing. */
  | "fail"
  /** It is done, and the answer is lost. */
  | "lose"
  /** It is done, and never answers. */
  | "hang"
  /** It is not even done. */
  | "stuck";

/** What an engine was asked for. */
export type EngineCall =
  | "openLog"
  | "observeLog"
  | "commit"
  | "skip"
  | "setMeta"
  | "truncateBefore"
  | "readCursor"
  | "commitCursor"
  | "read";

/** Thrown by calls that fail, and in place of answers that are lost. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}

/** A log engine in memory, whose calls take turns, overlap, and may fail. */
export class ReplicaEngine implements LogEngine {
  readonly location = "[bucket]";
  frames: RecordBatch[] = [];
  firstLsn = 1;
  lastLsn = 0;
  epoch = 0;
  meta: LogMeta | undefined;
  /** What was asked for so far. */
  readonly calls: EngineCall[] = [];
  /** Most commits that were in progress at a time. */
  mostInFlight = 0;
  /** Bytes of frames in progress, at most. */
  mostBytes = 0;
  inFlight = 0;
  bytes = 0;
  /** Decides what happens to a call; `number` counts all from 0. */
  onCall: (call: EngineCall, number: number) => EngineFault | void = () => {};
  /** What each commit waits for. */
  pace: () => Promise<void> = () => Promise.resolve();
  /** Frames that may be in progress at a time; 0 for a log without. */
  readonly depth: number;
  readonly entries: Map<string, CursorEntry> = new Map();

  constructor(depth = 4) {
    this.depth = depth;
  }

  /** The records, `-` for one that is lost. */
  get texts(): string[] {
    return this.frames.flatMap(({ records, lost = 0 }) => [
      ...[...records].map((bytes) => new TextDecoder().decode(bytes)),
      ...Array(lost).fill("-"),
    ]);
  }

  async call<Answer>(
    call: EngineCall,
    act: () => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const fault = this.onCall(call, this.calls.length);
    this.calls.push(call);
    await Promise.resolve();
    if (fault === "fail") throw new EngineError(`${call} has failed`);
    if (fault === "stuck") return await new Promise(() => {});
    const answer = await act();
    if (fault === "lose") throw new EngineError(`no answer to ${call}`);
    if (fault === "hang") return await new Promise(() => {});
    return answer;
  }

  openLog(options: OpenLogOptions): Promise<FrameLog> {
    return this.call("openLog", () => {
      const { firstLsn } = options;
      if (firstLsn !== undefined) {
        if (this.epoch > 0 && firstLsn !== this.lastLsn + 1) {
          throw new LogExistsError(this.location, firstLsn);
        }
        this.firstLsn = firstLsn;
        this.lastLsn = firstLsn - 1;
      }
      return new ReplicaLog(this, ++this.epoch, options);
    });
  }

  observeLog(): Promise<LogObserver> {
    return this.call("observeLog", () => new ReplicaObserver(this));
  }

  *read(from: number, to: number): Generator<RecordBatch> {
    if (from < this.firstLsn) throw new CompactedError(from, this.firstLsn);
    for (const { firstLsn, records, lost, time } of this.frames) {
      const first = Math.max(from, firstLsn);
      const last = Math.min(to, firstLsn + (lost ?? records.length) - 1);
      if (first > last) continue;
      const part = [...records].slice(first - firstLsn, last + 1 - firstLsn);
      const gone = lost === undefined ? {} : { lost: last + 1 - first };
      yield { firstLsn: first, records: part, ...gone, time };
    }
  }

  get cursors(): CursorStore {
    return {
      read: (name) => this.call("readCursor", () => this.entries.get(name)),
      commit: (name, entry) =>
        this.call("commitCursor", () => {
          const { sequence = 0 } = this.entries.get(name) ?? {};
          if (entry.sequence !== sequence + 1) return false;
          this.entries.set(name, entry);
          return true;
        }),
      list: () => Promise.resolve([...this.entries.keys()]),
    };
  }
}

class ReplicaObserver implements LogObserver {
  readonly #engine: ReplicaEngine;
  readonly pollMs = 1;
  firstLsn = 1;
  lastLsn = 0;
  meta: LogMeta | undefined;
  epoch = 0;

  constructor(engine: ReplicaEngine) {
    this.#engine = engine;
    this.#see();
  }

  get cursors(): CursorStore {
    return this.#engine.cursors;
  }

  async look(): Promise<void> {
    await this.#engine.call("observeLog", () => this.#see());
  }

  #see(): void {
    const { firstLsn, lastLsn, meta, epoch } = this.#engine;
    Object.assign(this, { firstLsn, lastLsn, meta, epoch });
  }

  async *read(from: number, to: number): AsyncGenerator<RecordBatch> {
    for (const batch of this.#engine.read(from, to)) {
      yield await this.#engine.call("read", () => batch);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The log of one opening. */
class ReplicaLog implements FrameLog {
  readonly #engine: ReplicaEngine;
  readonly #options: OpenLogOptions;
  readonly epoch: number;
  #last: Promise<void> = Promise.resolve();
  #sentLsn: number;

  constructor(engine: ReplicaEngine, epoch: number, options: OpenLogOptions) {
    this.#engine = engine;
    this.epoch = epoch;
    this.#options = options;
    this.#sentLsn = engine.lastLsn;
  }

  get firstLsn(): number {
    return this.#engine.firstLsn;
  }

  get lastLsn(): number {
    return this.#engine.lastLsn;
  }

  get meta(): LogMeta | undefined {
    return this.#engine.meta;
  }

  get cursors(): CursorStore {
    return this.#engine.cursors;
  }

  get pipeline(): CommitPipeline | undefined {
    const { depth } = this.#engine;
    if (depth === 0) return undefined;
    return { depth, commit: (frame) => this.#commit(frame) };
  }

  append(frame: FrameDraft): Promise<void> {
    return this.#commit(frame);
  }

  sync(): void {}

  checkOwner(): void {
    const { epoch, location } = this.#engine;
    if (epoch > this.epoch) throw new FencedError(location, this.epoch);
  }

  /** In order; once one has failed, all do. */
  async #commit(frame: FrameDraft): Promise<void> {
    const engine = this.#engine;
    const time = this.#options.time();
    if (frame.firstLsn !== this.#sentLsn + 1) throw new Error("a gap");
    this.#sentLsn += frame.count;
    engine.inFlight++;
    engine.bytes += frame.buffer.length;
    engine.mostInFlight = Math.max(engine.mostInFlight, engine.inFlight);
    engine.mostBytes = Math.max(engine.mostBytes, engine.bytes);
    const before = this.#last;
    let [resolve, reject] = [() => {}, (_: unknown) => {}];
    this.#last = new Promise<void>((...both) => [resolve, reject] = both);
    this.#last.catch(() => {});
    try {
      await engine.pace();
      await engine.call("commit", async () => {
        await before;
        this.checkOwner();
        engine.frames.push({ ...recordsOf(frame), time });
        engine.lastLsn += frame.count;
        engine.meta = newerMeta(engine.meta, frame.meta);
      });
      await before;
      this.checkOwner();
      resolve();
    } catch (error) {
      reject(error);
      throw error;
    } finally {
      engine.inFlight--;
      engine.bytes -= frame.buffer.length;
    }
  }

  read(from: number, to: number): Generator<RecordBatch> {
    return this.#engine.read(from, to);
  }

  truncateBefore(lsn: number): Promise<void> {
    const engine = this.#engine;
    return engine.call("truncateBefore", () => {
      this.checkOwner();
      engine.firstLsn = Math.max(engine.firstLsn, lsn);
    });
  }

  setMeta(meta: LogMeta): Promise<void> {
    const engine = this.#engine;
    return engine.call("setMeta", () => {
      this.checkOwner();
      engine.meta = newerMeta(engine.meta, meta);
    });
  }

  skip(lost: number): Promise<void> {
    const engine = this.#engine;
    return engine.call("skip", () => {
      this.checkOwner();
      const firstLsn = engine.lastLsn + 1;
      engine.frames.push({
        ...{ firstLsn, records: [], lost, time: this.#options.time() },
      });
      this.#sentLsn = engine.lastLsn += lost;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function recordsOf({ firstLsn, count, buffer }: FrameDraft): RecordBatch {
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  const records: Uint8Array<ArrayBuffer>[] = [];
  let at = FRAME_HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    const end = at + 4 + view.getUint32(at, true);
    records.push(Uint8Array.from(buffer.subarray(at + 4, end)));
    at = end;
  }
  return { firstLsn, records };
}
