import { LogExistsError } from "../../storage/log_exists_error.ts";
import type { LogMeta } from "../../storage/format/log_meta.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import type { CursorEntry, CursorStore } from "../../storage/cursor_store.ts";
import {
  type Batching,
  type BatchSource,
  CompactedError,
  FencedError,
  type FrameDraft,
  type FrameLog,
} from "../../storage/frame_log.ts";
import type {
  LogEngine,
  LogObserver,
  OpenLogOptions,
} from "../../storage/log_engine.ts";
import { type ArrayDisk, ArrayFrameLog } from "./array_frame_log.ts";

/** Options of {@linkcode MemoryEngine}. */
export interface MemoryEngineOptions {
  /** Default: none. */
  readonly batching?: Batching;
  /** Default 1. */
  readonly pollMs?: number;
  /** Default: the log has one. */
  readonly id?: string | undefined;
}

/**
 * A log engine on an array: each opening fences the one before, observers see
 * what is synced, and there are durable cursors.
 */
export class MemoryEngine implements LogEngine {
  readonly location = "[engine]";
  readonly disk: ArrayDisk = {
    ...{ frames: [], firstLsn: 1, lastLsn: 0, syncedLsn: 0 },
  };
  readonly cursors: MemoryCursors = new MemoryCursors();
  readonly batching: Batching | undefined;
  readonly pollMs: number;
  readonly id: string | undefined;
  /** What each opening was called with. */
  readonly openings: OpenLogOptions[] = [];
  /** Number of logs that were closed. */
  closings = 0;
  /** Number of looks so far. */
  looks = 0;
  /** Called before each look; may throw or reject. */
  onLook: () => void | Promise<void> = () => {};
  #isNew = true;

  constructor(options: MemoryEngineOptions = {}) {
    this.batching = options.batching;
    this.pollMs = options.pollMs ?? 1;
    this.id = "id" in options ? options.id : "0123456789abcdef".repeat(2);
  }

  /** Epoch of the newest opening. */
  get epoch(): number {
    return this.openings.length;
  }

  // deno-lint-ignore require-await
  async openLog(options: OpenLogOptions): Promise<EngineLog> {
    const { firstLsn } = options;
    const { disk } = this;
    if (firstLsn !== undefined) {
      const { lastLsn } = disk;
      const isAsWanted = lastLsn === firstLsn - 1 && disk.frames.length === 0;
      if (!this.#isNew && !isAsWanted) {
        throw new LogExistsError(this.location, firstLsn);
      }
      disk.firstLsn = firstLsn;
      disk.lastLsn = disk.syncedLsn = firstLsn - 1;
    }
    this.#isNew = false;
    this.openings.push(options);
    return new EngineLog(this, this.epoch);
  }

  async observeLog(): Promise<EngineObserver> {
    const observer = new EngineObserver(this);
    await observer.look();
    return observer;
  }
}

/** The log of one opening. It cannot be cut back: cursors would not know. */
export class EngineLog implements FrameLog {
  readonly location: string;
  readonly id: string | undefined;
  readonly cursors: MemoryCursors;
  readonly batching: Batching | undefined;
  readonly epoch: number;
  readonly #engine: MemoryEngine;
  readonly #log: ArrayFrameLog;

  /** The log as the opening number `epoch` has it. */
  constructor(engine: MemoryEngine, epoch: number) {
    this.#engine = engine;
    this.#log = new ArrayFrameLog(engine.disk);
    this.epoch = epoch;
    this.location = engine.location;
    this.id = engine.id;
    this.cursors = engine.cursors;
    this.batching = engine.batching;
  }

  get firstLsn(): number {
    return this.#log.firstLsn;
  }

  get lastLsn(): number {
    return this.#log.lastLsn;
  }

  get meta(): LogMeta | undefined {
    return this.#log.meta;
  }

  get storedBytes(): number {
    return this.#engine.disk.frames.flatMap(({ records }) => [...records])
      .reduce((sum, { length }) => sum + length, 0);
  }

  append(frame: FrameDraft): MaybePromise<void> {
    this.checkOwner();
    return this.#log.append(frame);
  }

  sync(): void {
    this.checkOwner();
    this.#log.sync();
  }

  checkOwner(): void {
    const { epoch, location } = this.#engine;
    if (epoch > this.epoch) throw new FencedError(location, this.epoch);
  }

  read(from: number, to: number): BatchSource {
    return this.#log.read(from, to);
  }

  async truncateBefore(lsn: number): Promise<void> {
    this.checkOwner();
    await this.#log.truncateBefore(lsn);
  }

  async setMeta(meta: LogMeta): Promise<void> {
    this.checkOwner();
    await this.#log.setMeta(meta);
  }

  async close(clean: boolean): Promise<void> {
    this.#engine.closings++;
    if (clean) this.sync();
    await this.#log.close(false);
  }
}

/** What somebody sees who does not write the log. */
export class EngineObserver implements LogObserver {
  readonly #engine: MemoryEngine;
  #seen: Pick<ArrayDisk, "firstLsn" | "syncedLsn" | "meta"> | undefined;
  #isClosed = false;

  constructor(engine: MemoryEngine) {
    this.#engine = engine;
  }

  get location(): string {
    return this.#engine.location;
  }

  get id(): string | undefined {
    return this.#engine.id;
  }

  get firstLsn(): number {
    return this.#seen?.firstLsn ?? 1;
  }

  get lastLsn(): number {
    return this.#seen?.syncedLsn ?? 0;
  }

  get meta(): ArrayDisk["meta"] {
    return this.#seen?.meta;
  }

  get epoch(): number {
    return this.#engine.epoch;
  }

  get pollMs(): number {
    return this.#engine.pollMs;
  }

  get cursors(): CursorStore {
    return this.#engine.cursors;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async look(): Promise<void> {
    this.#engine.looks++;
    await this.#engine.onLook();
    const { firstLsn, syncedLsn, meta } = this.#engine.disk;
    this.#seen = { firstLsn, syncedLsn, meta };
  }

  read(from: number, to: number): BatchSource {
    if (from < this.#engine.disk.firstLsn) {
      throw new CompactedError(from, this.#engine.disk.firstLsn);
    }
    return new ArrayFrameLog(this.#engine.disk).read(from, to);
  }

  // deno-lint-ignore require-await
  async close(): Promise<void> {
    this.#isClosed = true;
  }
}

/** Durable cursors in memory: each commit is made once. */
export class MemoryCursors implements CursorStore {
  readonly entries: Map<string, CursorEntry> = new Map();

  // deno-lint-ignore require-await
  async read(name: string): Promise<CursorEntry | undefined> {
    return this.entries.get(name);
  }

  // deno-lint-ignore require-await
  async commit(name: string, entry: CursorEntry): Promise<boolean> {
    const { sequence = 0, content = new Uint8Array() } =
      this.entries.get(name) ?? {};
    if (entry.sequence === sequence) {
      return String(entry.content) === String(content);
    }
    if (entry.sequence < sequence) return false;
    this.entries.set(name, {
      sequence: entry.sequence,
      content: entry.content.slice(),
    });
    return true;
  }

  // deno-lint-ignore require-await
  async list(): Promise<string[]> {
    return [...this.entries.keys()];
  }
}
