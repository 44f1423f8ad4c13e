import {
  type FrameLog,
  type RecordBatch,
  TruncatedError,
} from "../storage/frame_log.ts";
import type { LogMeta } from "../storage/format/mod.ts";
import { type Clock, wallTime } from "../writer/clock.ts";
import { type FrameLimits, GatheredFrame } from "./frame_draft.ts";
import { FrameSender } from "./frame_sender.ts";
import { UnfitEngineError } from "./replica_errors.ts";
import type { PlacedMeta, ReplicaSource } from "./replica_source.ts";
import { within } from "./within.ts";

/** What a session tells whoever began it. */
export interface SessionEvents {
  /** A frame is there: all up to `lsn` is. */
  sent(lsn: number, bytes: number): void;
  /** A second has passed. */
  ticked(): void;
  /** The frame that is sent next has this time. */
  setTime(time: number): void;
  /** What must be done to the replica now and then, if anything; no retry. */
  readonly upkeep: ((log: FrameLog) => Promise<void>) | undefined;
}

/** What a session is made of. */
export interface SessionParts extends SessionEvents {
  readonly source: ReplicaSource;
  /** Cuts of the source when the replica was compared with it. */
  readonly cuts: number;
  readonly log: FrameLog;
  readonly clock: Clock;
  readonly limits: FrameLimits;
  readonly timeoutMs: number;
  readonly location: string;
}

/** How often it looks for what no record announces: metadata, and upkeep. */
const TICK_MS = 1000;

/** How often upkeep is done. */
const UPKEEP_MS = 60_000;

/**
 * Sends what a log gets to an opened replica, until something fails. It reads
 * as fast as the replica takes it: in memory are one frame that is being
 * gathered, those in flight, and what was read last.
 */
export class ReplicaSession {
  readonly #parts: SessionParts;
  readonly #sender: FrameSender;
  readonly #abort = new AbortController();
  readonly #batches: AsyncIterator<RecordBatch, undefined>;
  /** The batch that was read and has no place yet, or the end. */
  #arrived: IteratorResult<RecordBatch, undefined> | undefined;
  #frame: GatheredFrame | undefined;
  /** Whether the frame need not wait for more. */
  #isDue = false;
  #cancelDue = (): void => {};
  /** When the first record of each frame in flight was written. */
  readonly #inFlight: number[] = [];
  #spare: Uint8Array<ArrayBuffer>[] = [];
  #failure: { readonly error: unknown } | undefined;
  #state: "following" | "draining" | "stopped" = "following";
  #wake = (): void => {};
  /** Whether something has happened that was not looked at. */
  #hasNews = false;
  /** The metadata that the replica has, and what it is to get. */
  #metaVersion: number;
  #meta: PlacedMeta | undefined;
  #cancelTick = (): void => {};
  #upkeepAt: number;
  #keeping = false;
  /** LSN up to which all is there. */
  #lsn: number;

  /** Continues at the end of the replica. */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { source, log, clock } = parts;
    this.#sender = new FrameSender(log);
    this.#metaVersion = log.meta?.version ?? 0;
    this.#lsn = log.lastLsn;
    this.#upkeepAt = clock.now() + UPKEEP_MS;
    this.#batches = source.view.followBatches({
      ...{ from: log.lastLsn + 1, level: "disk" },
      signal: this.#abort.signal,
    });
  }

  /** Sends, until it is stopped or the source ends. Rejects if anything fails. */
  async run(): Promise<void> {
    this.#ask();
    this.#tick();
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure.error;
        if (this.#state === "stopped") return;
        this.#requireUncut();
        if (await this.#step()) continue;
        if (this.#isOver) return;
        if (!this.#hasNews) {
          await new Promise<void>((resolve) => this.#wake = resolve);
        }
        this.#hasNews = false;
      }
    } finally {
      this.#state = "stopped";
      this.#cancelTick();
      this.#cancelDue();
      this.#abort.abort();
      // It may wait for a file that is slow.
      this.#batches.return?.().catch(() => {});
    }
  }

  /** Sends what it has without waiting for more, from now on. */
  drain(): void {
    if (this.#state === "following") this.#state = "draining";
    this.#tell();
  }

  /** Ends it; frames in flight may still arrive. */
  stop(): void {
    this.#state = "stopped";
    this.#tell();
  }

  /**
   * When the oldest record was written that was read and is not there, in ms
   * since 1970; `undefined` if there is none, or it has no time.
   */
  get oldestTime(): number | undefined {
    const [flying] = this.#inFlight;
    const gathered = this.#frame?.oldestTime ?? this.#arrived?.value?.time;
    return (flying ?? gathered) || undefined;
  }

  /** Whether the source has ended, and everything is there. */
  get #isOver(): boolean {
    return this.#arrived?.done === true && this.#frame === undefined &&
      this.#inFlight.length === 0;
  }

  /** Does what can be done now; resolves with false if that is nothing. */
  async #step(): Promise<boolean> {
    if (this.#gather()) return true;
    if (this.#send()) return true;
    if (this.#frame !== undefined || this.#inFlight.length > 0) return false;
    const lost = this.#arrived?.value?.lost;
    if (lost !== undefined) {
      await this.#skip(this.#arrived!.value!, lost);
      return true;
    }
    return await this.#setMeta();
  }

  /** Asks for the next batch. */
  #ask(): void {
    this.#arrived = undefined;
    this.#batches.next().then((next) => {
      this.#arrived = next;
      this.#tell();
    }, (error) => this.#fail(error));
  }

  #tell(): void {
    this.#hasNews = true;
    this.#wake();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#tell();
  }

  get #patience() {
    return { ...this.#parts, signal: this.#abort.signal };
  }

  /** Puts the batch that was read into the frame. */
  #gather(): boolean {
    const { value } = this.#arrived ?? {};
    if (value === undefined || value.lost !== undefined) return false;
    if (this.#frame?.isFull) return false;
    const { clock, limits } = this.#parts;
    if (this.#frame === undefined) {
      this.#frame = new GatheredFrame(value, limits, this.#spare.pop());
      this.#isDue = false;
      this.#cancelDue = clock.after(limits.limitMs, () => {
        this.#isDue = true;
        this.#tell();
      });
    } else if (!this.#frame.add(value, wallTime(clock))) {
      this.#isDue = true;
      return false;
    }
    this.#ask();
    return true;
  }

  /** Sends the frame, if it is time and there is room. */
  #send(): boolean {
    const frame = this.#frame;
    if (frame === undefined || this.#inFlight.length >= this.#sender.depth) {
      return false;
    }
    const arrived = this.#arrived;
    const isLast = arrived?.done === true || arrived?.value?.lost !== undefined;
    const isAlone = this.#state === "draining" && arrived === undefined;
    if (!(this.#isDue || frame.isFull || isLast || isAlone)) return false;
    this.#frame = undefined;
    this.#cancelDue();
    this.#begin(frame);
    return true;
  }

  #begin(frame: GatheredFrame): void {
    const { batch, time } = frame;
    const { lastLsn, length } = batch;
    const meta = this.#metaAfter(lastLsn);
    if (meta !== undefined && frame.end(meta)) this.#metaVersion = meta.version;
    this.#parts.setTime(time);
    this.#inFlight.push(frame.oldestTime);
    const sending = this.#sender.send(batch);
    within(this.#patience, "replicate", sending).then(() => {
      this.#inFlight.shift();
      this.#reuse(batch.buffer);
      this.#confirm(lastLsn, length);
    }).catch((error) => this.#fail(error));
  }

  /** All up to `lsn` is there, and is still that of the source. */
  #confirm(lsn: number, bytes: number): void {
    this.#requireUncut();
    this.#lsn = lsn;
    this.#parts.sent(lsn, bytes);
    this.#tell();
  }

  /**
   * Throws once the source was cut back: other records may have the LSNs of those
   * that are on their way.
   */
  #requireUncut(): void {
    const { source: { cuts }, cuts: known } = this.#parts;
    if (cuts.count === known) return;
    throw new TruncatedError(this.#lsn + 1, cuts.lowestSince(known));
  }

  /** Keeps memory for the next frames, unless a frame was unusually large. */
  #reuse(buffer: Uint8Array<ArrayBuffer>): void {
    const { limits } = this.#parts;
    if (buffer.length > 2 * limits.limitBytes) return;
    if (this.#spare.length < this.#sender.depth) this.#spare.push(buffer);
  }

  /** The metadata to send with a frame that ends with record `lastLsn`. */
  #metaAfter(lastLsn: number): LogMeta | undefined {
    const found = this.#parts.source.meta();
    if (found === undefined || found.meta.version <= this.#metaVersion) return;
    if (found.meta.version !== this.#meta?.meta.version) this.#meta = found;
    return this.#meta!.afterLsn <= lastLsn ? this.#meta!.meta : undefined;
  }

  /** Sends metadata alone, once its records are there. */
  async #setMeta(): Promise<boolean> {
    const meta = this.#metaAfter(this.#lsn);
    const { log } = this.#parts;
    if (meta === undefined || log.setMeta === undefined) return false;
    await within(this.#patience, "replicate metadata", log.setMeta(meta));
    this.#metaVersion = meta.version;
    return true;
  }

  async #skip({ firstLsn, time = 0 }: RecordBatch, lost: number) {
    const { log, location } = this.#parts;
    if (log.skip === undefined) {
      throw new UnfitEngineError(
        `Cannot replicate to "${location}" because records from ${firstLsn} on ` +
          "are lost here, and its logs have no holes",
      );
    }
    this.#parts.setTime(time);
    await within(this.#patience, "replicate a hole", log.skip(lost));
    this.#confirm(firstLsn + lost - 1, 0);
    this.#ask();
  }

  /** Looks now and then for what no record announces. */
  #tick(): void {
    const { clock, log, upkeep } = this.#parts;
    const tick = () => {
      this.#tell();
      const isDue = clock.now() >= this.#upkeepAt && !this.#keeping;
      if (upkeep !== undefined && isDue) this.#keep(upkeep(log));
      this.#parts.ticked();
      this.#tick();
    };
    this.#cancelTick = clock.inBackground?.(TICK_MS, tick) ??
      clock.after(TICK_MS, tick);
  }

  #keep(keeping: Promise<void>): void {
    this.#keeping = true;
    keeping.then(() => {
      this.#keeping = false;
      this.#upkeepAt = this.#parts.clock.now() + UPKEEP_MS;
    }, (error) => this.#fail(error));
  }
}
