import { CorruptLogError } from "../../corrupt_log_error.ts";
import {
  type BatchSource,
  CompactedError,
  type RecordBatch,
} from "../../frame_log.ts";
import type { MaybePromise } from "../../storage.ts";
import { Pace } from "../../turns.ts";
import type { ObjectContent } from "../object_store.ts";
import { decodePart } from "./compacted_object.ts";
import { FetchAhead, type FetchLimits } from "./fetch_ahead.ts";
import {
  type CompactedPiece,
  planReads,
  type ReadPiece,
  SeenSizes,
} from "./plan_reads.ts";
import type { SharedLog } from "./shared_log.ts";
import type { SlotPlace } from "./slot_index.ts";
import { slotKey } from "./slot_keys.ts";
import type { SlotLookup } from "./slot_lookup.ts";
import {
  decodeSlot,
  emptyState,
  type FenceHeader,
  SLOT_KIND,
  SlotContent,
  type SlotHeader,
} from "./slot_object.ts";
import { judgeSlot } from "./slot_rule.ts";

/** A log that can be read. */
export interface ReadableLog {
  /** The log. */
  readonly log: SharedLog;
  /** Finds where to begin. */
  readonly lookup: SlotLookup;
  /** Looks which records the log has dropped; called if an object is missing. */
  refresh(): Promise<void>;
}

/** Options of {@linkcode SlotReads}. */
export interface SlotReadsOptions {
  /** How it gives way. */
  readonly pace?: Pace | undefined;
  /** Called when it ends. */
  readonly onEnd?: (() => void) | undefined;
}

/** What is fetched ahead of need. */
const LIMITS: FetchLimits = { count: 8, bytes: 16 * 1024 * 1024 };

/** Least bytes that a batch counts for when a read gives way. */
const BATCH_BYTES = 16 * 1024;

/** How often an object may be replaced before it is read. */
const MOST_TRIES = 10;

type Result = IteratorResult<RecordBatch, undefined>;

/** A part of a compacted object that is being read. */
interface OpenPiece {
  readonly piece: CompactedPiece;
  readonly bytes: Uint8Array;
  /** Where `bytes` begin in the object. */
  readonly offset: number;
  /** The highest epoch, if this is the last part. */
  readonly epoch: number;
  /** Where the next object in it begins. */
  at: number;
  /** LSN of its first record. */
  nextLsn: number;
}

/**
 * Reads the records `from` to `to`, both included, from slots and from the
 * objects that have replaced them, and goes on with those if slots vanish.
 *
 * Throws a `CorruptLogError` with the object's key if one is damaged or missing,
 * and a {@linkcode CompactedError} if records were dropped during the read. The
 * batches share the memory of what was read.
 */
export class SlotReads implements BatchSource {
  readonly #source: ReadableLog;
  readonly #from: number;
  readonly #to: number;
  readonly #end: number;
  readonly #pace: Pace;
  readonly #onEnd: () => void;
  #signal = new AbortController();
  #fetch: FetchAhead<ReadPiece> | undefined;
  /** What was read up to now. */
  #place: SlotPlace | undefined;
  /** The last place up to which nothing is missing. */
  #sound: SlotPlace | undefined;
  #nextLsn: number;
  #open: OpenPiece | undefined;
  #slot: RecordBatch | undefined;
  readonly #sizes = new SeenSizes();
  #hasEnded = false;
  /** The log's first slot when the read began. */
  #firstSlot = 0;
  /** How often the object after this slot was replaced. */
  #replaced = { slot: -1, tries: 0 };

  /** Makes no call before the first one of `next`. */
  constructor(
    source: ReadableLog,
    from: number,
    to: number,
    options: SlotReadsOptions = {},
  ) {
    this.#source = source;
    this.#from = this.#nextLsn = from;
    this.#to = to;
    this.#end = source.log.state.slot;
    this.#pace = options.pace ?? new Pace();
    this.#onEnd = options.onEnd ?? (() => {});
  }

  /** The next batch, or the end. */
  next(): MaybePromise<Result> {
    const bytes = Math.max(BATCH_BYTES, this.#sizes.last);
    const turn = this.#pace.spend(bytes);
    return turn === undefined ? this.#next() : turn.then(() => this.#next());
  }

  /** Ends all requests. */
  async return(): Promise<Result> {
    this.#hasEnded = true;
    this.#open = this.#slot = undefined;
    await this.#stop();
    this.#onEnd();
    return { done: true, value: undefined };
  }

  #next(): MaybePromise<Result> {
    try {
      return this.#take() ?? this.#load();
    } catch (error) {
      return this.#recover(error);
    }
  }

  /** The next batch in memory, if any. */
  #take(): Result | undefined {
    this.#requireKept();
    const slot = this.#slot;
    this.#slot = undefined;
    const value = slot ?? this.#takePart();
    if (value === undefined) return undefined;
    this.#nextLsn = value.firstLsn + (value.lost ?? value.records.length);
    return { done: false, value };
  }

  #takePart(): RecordBatch | undefined {
    const { log, lookup } = this.#source;
    for (let open = this.#open; open !== undefined; open = this.#open) {
      if (this.#nextLsn > this.#to) return undefined;
      if (open.at === open.bytes.length) {
        this.#finish(open);
        continue;
      }
      const { piece: { object }, bytes, at, offset } = open;
      const part = decodePart(bytes, at, log.identity.id);
      if ("fault" in part) {
        throw lookup.corrupt(object.key, part.fault, offset + at);
      }
      const { header } = part.content;
      const { slot, firstLsn, epoch } = header;
      if (firstLsn !== open.nextLsn) {
        const reason = `expected record ${open.nextLsn}, found ${firstLsn}`;
        throw lookup.corrupt(object.key, reason, offset + at);
      }
      open.at += part.size;
      open.nextLsn += header.count;
      this.#reach({ slot, lastLsn: open.nextLsn - 1, epoch });
      this.#sizes.note(part.size);
      const batch = this.#batchOf(part.content);
      if (batch !== undefined) return batch;
    }
  }

  /** A part of a compacted object has been read. */
  #finish({ piece, nextLsn, offset, at, epoch }: OpenPiece): void {
    const { object, lastLsn } = piece;
    if (nextLsn !== lastLsn + 1) {
      const reason = `expected record ${nextLsn}, found the end`;
      throw this.#source.lookup.corrupt(object.key, reason, offset + at);
    }
    this.#open = undefined;
    if (offset + at < object.size) return;
    this.#source.lookup.index.note(
      this.#reach({ slot: object.lastSlot, lastLsn, epoch }),
    );
  }

  async #load(): Promise<Result> {
    try {
      while (!this.#hasEnded && this.#nextLsn <= this.#to) {
        const fetched = await (await this.#fetching()).next();
        if (this.#hasEnded) break;
        if (fetched === undefined) {
          if (await this.#goBack()) continue;
          throw this.#lost("the log ends before it");
        }
        const { want, object } = fetched;
        if (object === undefined) await this.#replan(want);
        else if (want.compacted === undefined) {
          const reading = this.#readSlot(want, object);
          if (reading !== undefined) await reading;
        } else this.#openPiece(want, want.compacted, object);
        const taken = this.#take();
        if (taken !== undefined) return taken;
      }
    } catch (error) {
      return await this.#recover(error);
    }
    return await this.return();
  }

  async #fetching(): Promise<FetchAhead<ReadPiece>> {
    const { log, lookup } = this.#source;
    const { signal } = this.#signal;
    if (this.#place === undefined) {
      this.#firstSlot = log.state.firstSlot;
      this.#reach(await lookup.find(this.#nextLsn, signal));
    }
    const place = this.#place!;
    const to = this.#to;
    const known = lookup.index.after(to)?.slot ?? Infinity;
    return this.#fetch ??= new FetchAhead(
      log.store,
      planReads(lookup.ranges, {
        ...{ place, from: this.#nextLsn, to, signal },
        end: Math.min(this.#end, known),
        estimate: () => this.#sizes.estimate,
      }),
      // A single record is found nearly exactly.
      this.#from === to ? { ...LIMITS, count: 1 } : LIMITS,
      signal,
    );
  }

  #readSlot(want: ReadPiece, { bytes }: ObjectContent): MaybePromise<void> {
    const { key, slot } = want;
    const { log, lookup } = this.#source;
    const content = decodeSlot(bytes, log.identity.id, slot);
    if ("fault" in content) throw lookup.corrupt(key, content.fault);
    if (content instanceof SlotContent) {
      this.#sizes.note(bytes.length);
      const { kind, firstLsn } = content.header;
      const isAhead = firstLsn > this.#place!.lastLsn + 1;
      if (isAhead && kind !== SLOT_KIND.mark) return this.#readAhead(content);
      if (this.#judge(content.header)) this.#slot = this.#batchOf(content);
    } else if (content.epoch <= this.#place!.epoch) this.#judge(content);
    else return this.#readFence(want, content);
  }

  /** Goes by a frame after the next record, unless something was missed. */
  async #readAhead({ header }: SlotContent): Promise<void> {
    if (await this.#goBack()) return;
    this.#judge(header);
    this.#reach(this.#place!);
  }

  /**
   * Goes back to where nothing was missing if slots have been removed since: a
   * fence of a former owner, which is passed without a question, may be where
   * one of them was.
   */
  async #goBack(): Promise<boolean> {
    const [first, last] = [this.#sound!.slot + 1, this.#place!.slot];
    const isGone = first <= last &&
      await this.#source.lookup.isCompacted(first, last, this.#signal.signal);
    if (!isGone) return false;
    this.#place = this.#sound;
    await this.#begin();
    return true;
  }

  #reach(place: SlotPlace): SlotPlace {
    return this.#place = this.#sound = place;
  }

  /** Goes by a fence of another owner, unless it is where a slot was removed. */
  async #readFence(want: ReadPiece, fence: FenceHeader): Promise<void> {
    const { lookup, refresh } = this.#source;
    await refresh();
    const { signal } = this.#signal;
    if (await lookup.isInPlace(this.#place!, fence, signal)) this.#judge(fence);
    else await this.#replan(want);
  }

  /** Goes by the rule; returns whether the object counts. */
  #judge(header: SlotHeader): boolean {
    const { lookup } = this.#source;
    const before = { ...emptyState(1), ...this.#place! };
    const verdict = judgeSlot(before, header);
    if (verdict.kind === "corrupt") {
      throw lookup.corrupt(slotKey(header.slot), verdict.reason);
    }
    this.#place = verdict.state;
    if (verdict.state.lastLsn > before.lastLsn) {
      lookup.index.note(this.#reach(verdict.state));
    }
    return verdict.kind === "counts";
  }

  #openPiece(
    { range, key }: ReadPiece,
    piece: CompactedPiece,
    { bytes, size }: ObjectContent,
  ): void {
    const { lookup } = this.#source;
    const { object, firstLsn: nextLsn } = piece;
    const head = piece.head ?? lookup.ranges.decodeHead(object, bytes, size);
    const offset = range?.from ?? 0;
    const expected = range === undefined ? object.size : range.to - offset;
    if (size !== object.size || bytes.length !== expected) {
      const reason = `size: expected ${expected}, found ${bytes.length}`;
      throw lookup.corrupt(key, reason, offset);
    }
    if (nextLsn > this.#nextLsn) throw this.#lost(`${key} begins after it`);
    const at = range === undefined ? head.offsets[0] ?? size : 0;
    this.#open = { piece, bytes, offset, epoch: head.epoch, at, nextLsn };
  }

  /** Goes on with what has replaced an object that is gone. */
  async #replan({ key, slot }: ReadPiece): Promise<void> {
    const { lookup } = this.#source;
    this.#place = this.#sound;
    const next = this.#place!.slot + 1;
    const { slot: last, tries } = this.#replaced;
    this.#replaced = { slot: next, tries: last === next ? tries + 1 : 1 };
    await this.#begin();
    const isThere = await lookup.isCompacted(slot, slot, this.#signal.signal);
    if (isThere && this.#replaced.tries <= MOST_TRIES) return;
    throw lookup.corrupt(key, `the object of slot ${slot} is missing`);
  }

  /** The records of an object that are wanted, if any. */
  #batchOf({ header, records }: SlotContent): RecordBatch | undefined {
    const { kind, firstLsn, count, time } = header;
    if (kind === SLOT_KIND.mark) return undefined;
    const skip = Math.max(0, this.#nextLsn - firstLsn);
    const stop = Math.min(count, this.#to + 1 - firstLsn);
    if (skip >= stop) return undefined;
    const begin = { firstLsn: firstLsn + skip, time };
    return kind === SLOT_KIND.hole
      ? { ...begin, records: [], lost: stop - skip }
      : { ...begin, records: records.slice(skip, stop) };
  }

  #lost(reason: string): CorruptLogError {
    const key = slotKey((this.#place?.slot ?? 0) + 1);
    const why = `record ${this.#nextLsn} is missing: ${reason}`;
    return this.#source.lookup.corrupt(key, why);
  }

  /**
   * What is missing may have been dropped: then the read goes on if that was
   * before the next record, from where the log begins now.
   */
  async #recover(error: unknown): Promise<Result> {
    try {
      if (this.#hasEnded || !(error instanceof CorruptLogError)) throw error;
      await this.#source.refresh();
      this.#requireKept();
      if (this.#source.log.state.firstSlot === this.#firstSlot) throw error;
    } catch (error) {
      await this.return();
      throw error;
    }
    this.#source.lookup.ranges.forget();
    await this.#begin();
    this.#place = this.#sound = this.#open = undefined;
    return await this.#load();
  }

  async #begin(): Promise<void> {
    await this.#stop();
    this.#signal = new AbortController();
    this.#fetch = undefined;
  }

  #requireKept(): void {
    const { firstLsn } = this.#source.log.state;
    const nextLsn = this.#nextLsn;
    if (nextLsn <= this.#to && nextLsn < firstLsn) {
      throw new CompactedError(nextLsn, firstLsn);
    }
  }

  async #stop(): Promise<void> {
    this.#signal.abort(new DOMException("The read has ended", "AbortError"));
    await this.#fetch?.stop();
  }
}
