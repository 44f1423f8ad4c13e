import type { CursorStore } from "../../cursor_store.ts";
import { FRAME_HEADER_BYTES } from "../../format/frame.ts";
import type { LogMeta } from "../../format/log_meta.ts";
import {
  type Batching,
  type BatchSource,
  type CommitPipeline,
  FencedError,
  type FrameDraft,
  type FrameLog,
} from "../../frame_log.ts";
import { BackgroundRemoval } from "./background_removal.ts";
import { Compaction } from "./compaction/compaction.ts";
import type { CompactionLimits } from "./compaction/plan_compaction.ts";
import { laterOwner } from "./later_owner.ts";
import { ObjectCursors } from "./object_cursors.ts";
import type { OpenedLog } from "./open_object_log.ts";
import { hexOf, SLOT_HEADER_BYTES, SLOT_KIND } from "./slot_object.ts";
import { SlotLookup } from "./slot_lookup.ts";
import { markEntry, type SlotPipeline } from "./slot_pipeline.ts";
import { SlotReads } from "./slot_reads.ts";

/** Options of {@linkcode ObjectFrameLog}. */
export interface ObjectFrameLogOptions {
  /** What a flush should gather. */
  readonly batching: Batching;
  /** When slots are compacted; false for never. */
  readonly compaction: CompactionLimits | false;
  /** Called with each warning. */
  readonly warn: (message: string) => void;
}

/**
 * A log on an object store, as its owner has it. Each frame is an object, so
 * `append` is durable when it resolves, and there is nothing to sync.
 */
export class ObjectFrameLog implements FrameLog {
  /** Where the log is. */
  readonly location: string;
  /** The log's id. */
  readonly id: string;
  /** The number of this opening. */
  readonly epoch: number;
  /** Commits that may overlap. */
  readonly pipeline: CommitPipeline;
  /** What a flush should gather. */
  readonly batching: Batching;
  /** Durable cursors. */
  readonly cursors: CursorStore;
  readonly #slots: SlotPipeline;
  readonly #lookup: SlotLookup;
  readonly #removal: BackgroundRemoval;
  readonly #compaction: Compaction | undefined;

  /** Takes over from an opening, and begins to compact. */
  constructor(
    { epoch, nonce, pipeline }: OpenedLog,
    { batching, compaction, warn }: ObjectFrameLogOptions,
  ) {
    const { store, identity } = pipeline;
    this.location = store.location;
    this.id = hexOf(identity.id);
    this.epoch = epoch;
    this.batching = batching;
    this.#slots = pipeline;
    this.#lookup = new SlotLookup(pipeline);
    this.#removal = new BackgroundRemoval(pipeline, warn);
    const token = `${epoch}-${nonce}`;
    this.cursors = new ObjectCursors(store, { log: this.id, token });
    this.pipeline = {
      depth: identity.window,
      commit: (frame) => this.#commit(frame),
    };
    if (compaction === false) return;
    const options = { token, warn, limits: compaction };
    this.#compaction = new Compaction(pipeline, this.#lookup, options);
    this.#compaction.start();
  }

  /** LSN of the last record; all up to it are durable. */
  get lastLsn(): number {
    return this.#slots.state.lastLsn;
  }

  /** LSN of the oldest record, or of the next one. */
  get firstLsn(): number {
    return this.#slots.state.firstLsn;
  }

  /** When the last object was written. */
  get time(): number {
    return this.#slots.state.time;
  }

  /** The log's metadata. */
  get meta(): LogMeta | undefined {
    return this.#slots.meta;
  }

  /** Appends a frame; durable once it resolves. Calls may overlap. */
  async append(frame: FrameDraft): Promise<void> {
    await this.#commit(frame);
  }

  /** The same; resolves with the time of the frame. */
  async #commit(frame: FrameDraft): Promise<number> {
    const { firstLsn, count, buffer, length, meta } = frame;
    const end = FRAME_HEADER_BYTES + length;
    const metaVersion = meta?.version ?? 0;
    const { frame: kind } = SLOT_KIND;
    const time = await this.#slots.send({
      header: { kind, firstLsn, count, firstSlot: 0, metaVersion },
      entries: buffer.subarray(FRAME_HEADER_BYTES, end),
      meta,
    });
    this.#lookup.index.note(this.#slots.state);
    this.#compaction?.note(SLOT_HEADER_BYTES + length);
    return time;
  }

  /** Fails if an append has; whatever was appended is durable. */
  sync(): void {
    this.#slots.check();
  }

  /** Fails if an append has found another owner. */
  checkOwner(): void {
    this.#slots.check();
  }

  /** Reads the records `from` to `to`. */
  read(from: number, to: number): BatchSource {
    const refresh = () => this.#requireOwner();
    const [log, lookup] = [this.#slots, this.#lookup];
    return new SlotReads({ log, lookup, refresh }, from, to);
  }

  /** Drops the records below `lsn`: by a mark, and then in the background. */
  async truncateBefore(lsn: number): Promise<void> {
    this.#slots.check();
    if (lsn <= this.firstLsn) return;
    const firstSlot = await this.#lookup.firstSlotFor(lsn)
      .catch(async (error) => {
        this.#slots.check();
        await this.#requireOwner();
        throw error;
      });
    await this.#slots.send(markEntry({ firstLsn: lsn, firstSlot }, this.meta));
    this.#removal.start();
  }

  /** Replaces the metadata, by a mark. */
  async setMeta(meta: LogMeta): Promise<void> {
    await this.#slots.send(markEntry(this.#slots.state, meta));
  }

  /** Goes on `lost` records later. */
  async skip(lost: number): Promise<void> {
    const firstLsn = this.lastLsn + 1;
    const { hole: kind } = SLOT_KIND;
    await this.#slots.send({
      header: { kind, firstLsn, count: lost, firstSlot: 0, metaVersion: 0 },
      entries: new Uint8Array(),
    });
  }

  /** Ends what is in progress; with `clean`, what was sent is awaited. */
  async close(clean: boolean): Promise<void> {
    await this.#compaction?.stop();
    await this.#removal.stop();
    const reason = `Cannot write to "${this.location}" because it is closed`;
    await this.#slots.close(clean, new Error(reason));
  }

  /** Fails if there is a later owner: what is missing, it may have removed. */
  async #requireOwner(): Promise<void> {
    const later = await laterOwner(this.#slots);
    if (later === undefined) return;
    const how = `a later opening claimed epoch ${later}`;
    throw new FencedError(this.location, this.epoch, how);
  }
}
