import { CorruptLogError } from "../../corrupt_log_error.ts";
import type { CursorStore } from "../../cursor_store.ts";
import type { LogMeta } from "../../format/log_meta.ts";
import type { BatchSource } from "../../frame_log.ts";
import type { LogObserver } from "../../log_engine.ts";
import type { ObjectStore } from "../object_store.ts";
import { endedBy } from "./ended_by.ts";
import { findEnd } from "./find_end.ts";
import type { LogIdentity } from "./log_identity.ts";
import { ObjectCursors } from "./object_cursors.ts";
import { readIdentity } from "./open_object_log.ts";
import { readForward, readMeta } from "./read_forward.ts";
import type { SharedLog } from "./shared_log.ts";
import { parseSlotKey, SLOT_PREFIX, slotKey } from "./slot_keys.ts";
import { SlotLookup } from "./slot_lookup.ts";
import { emptyState, FENCE_BYTES, hexOf } from "./slot_object.ts";
import { SlotReads } from "./slot_reads.ts";
import type { RuleState } from "./slot_rule.ts";

/** Options of {@linkcode ObservedObjectLog}. */
export interface ObservedObjectLogOptions {
  /** How often somebody who follows the log should look, in ms. */
  readonly pollMs: number;
  /** A random word that no other opening has, for commits to cursors. */
  readonly token: string;
}

/** As many new slots are read one by one; the end of more is looked for. */
const FEW_SLOTS = 16;

/** How often a look begins again because slots vanish meanwhile. */
const MOST_TRIES = 5;

/**
 * A log on an object store as somebody sees it who does not write it. What a
 * look has shown is final, so nothing is ever taken back. A look costs one
 * listing if nothing is new.
 */
export class ObservedObjectLog implements LogObserver {
  /** Where the log is. */
  readonly location: string;
  /** How often somebody who follows the log should look, in ms. */
  readonly pollMs: number;
  /** The store; closing ends its calls, but not those of cursors. */
  readonly #store: ObjectStore;
  readonly #cursorStore: ObjectStore;
  readonly #token: string;
  readonly #end = new AbortController();
  readonly #reads = new Set<SlotReads>();
  #seen: SeenLog | undefined;
  /** The look in progress, and the one that begins after it. */
  #looking: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** Makes no call. `store` repeats calls that fail. */
  constructor(store: ObjectStore, options: ObservedObjectLogOptions) {
    this.#store = endedBy(store, this.#end.signal);
    this.#cursorStore = store;
    this.location = store.location;
    this.pollMs = options.pollMs;
    this.#token = options.token;
  }

  /** The log's id; absent if there is no log. */
  get id(): string | undefined {
    return this.#seen && hexOf(this.#seen.identity.id);
  }

  /** LSN of the oldest record kept, or of the next one if there is none. */
  get firstLsn(): number {
    return this.#seen?.state.firstLsn ?? 1;
  }

  /** LSN of the last record: all up to it are durable, and stay. */
  get lastLsn(): number {
    return this.#seen?.state.lastLsn ?? 0;
  }

  /** When that was written, in ms since 1970; absent if nothing was. */
  get time(): number | undefined {
    return this.#seen?.state.time || undefined;
  }

  /** The log's metadata; `undefined` if there is none. */
  get meta(): LogMeta | undefined {
    return this.#seen?.meta;
  }

  /** The epoch of the owner; 0 if there was none. */
  get epoch(): number {
    return this.#seen?.state.epoch ?? 0;
  }

  /** The durable cursors of the log; absent if there is no log. */
  get cursors(): CursorStore | undefined {
    return this.#seen?.cursors;
  }

  /** Looks; once it resolves, all is known that was there when it was called. */
  look(): Promise<void> {
    if (this.#looking === undefined) {
      return this.#looking = this.#look()
        .finally(() => this.#looking = undefined);
    }
    // The one in progress may have passed what is new.
    return this.#next ??= this.#looking.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.look();
    });
  }

  /** Reads the records `from` to `to`, both included; both were seen. */
  read(from: number, to: number): BatchSource {
    const log = this.#seen;
    if (log === undefined) throw new RangeError("Cannot read what is not seen");
    const refresh = () => this.look();
    const reads: SlotReads = new SlotReads(
      { log, lookup: log.lookup, refresh },
      from,
      to,
      { onEnd: () => this.#reads.delete(reads) },
    );
    this.#reads.add(reads);
    return reads;
  }

  /** Ends reads and looks in progress; their calls reject. */
  async close(): Promise<void> {
    this.#end.abort(new DOMException("The log is closed", "AbortError"));
    await Promise.all([...this.#reads].map((reads) => reads.return()));
    await Promise.allSettled([this.#looking, this.#next]);
  }

  async #look(): Promise<void> {
    this.#end.signal.throwIfAborted();
    this.#seen ??= await this.#findLog();
    const log = this.#seen;
    if (log === undefined) return;
    for (let tries = 1;; tries++) {
      try {
        const state = await nextState(log, tries > 1);
        const meta = state.metaSlot === log.state.metaSlot
          ? log.meta
          : await readMeta(log.store, log.identity, state);
        log.state = state;
        log.meta = meta;
        log.lookup.index.note(state);
        return;
      } catch (error) {
        // A slot that is missing may have been compacted or dropped.
        const isLast = tries === MOST_TRIES;
        if (isLast || !(error instanceof CorruptLogError)) throw error;
      }
    }
  }

  async #findLog(): Promise<SeenLog | undefined> {
    const store = this.#store;
    const identity = await readIdentity(store);
    if (identity === undefined) return undefined;
    const log = hexOf(identity.id);
    const token = this.#token;
    const cursors = new ObjectCursors(this.#cursorStore, { log, token });
    return new SeenLog(store, identity, cursors);
  }
}

/** A log, as of the last look. */
class SeenLog implements SharedLog {
  readonly store: ObjectStore;
  readonly identity: LogIdentity;
  readonly lookup: SlotLookup;
  readonly cursors: CursorStore;
  state: RuleState;
  meta: LogMeta | undefined;

  constructor(
    store: ObjectStore,
    identity: LogIdentity,
    cursors: CursorStore,
  ) {
    this.store = store;
    this.identity = identity;
    this.state = { ...emptyState(identity.firstLsn), epoch: 0 };
    this.lookup = new SlotLookup(this);
    this.cursors = cursors;
  }
}

/**
 * What is known after the last slot of the dense ones. `isDoubtful` if a slot
 * was missing: then the end is looked for again.
 */
async function nextState(
  { store, identity, state }: SeenLog,
  isDoubtful: boolean,
): Promise<RuleState> {
  const { objects, isTruncated } = await store.list({
    prefix: SLOT_PREFIX,
    after: slotKey(state.slot),
  });
  if (objects.length === 0) return state;
  const isShort = !isTruncated && objects.length <= FEW_SLOTS;
  if (isShort && !isDoubtful) {
    // After a gap, there may be more: what was dropped is gone.
    const isDense = objects.every(({ key }, at) =>
      parseSlotKey(key) === state.slot + 1 + at
    );
    const last = state.slot + objects.length;
    const fences = new Set(
      objects.flatMap(({ size }, at) =>
        size === FENCE_BYTES ? [state.slot + 1 + at] : []
      ),
    );
    if (isDense) return await readForward(store, identity, state, last, fences);
  }
  const found = await findEnd(store, identity, state.slot);
  const known = found.state.slot > state.slot ? found.state : state;
  const last = found.free - 1;
  return await readForward(store, identity, known, last, found.fences);
}
