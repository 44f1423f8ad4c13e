import { CorruptLogError } from "../../corrupt_log_error.ts";
import { MAX_FRAME_TIME } from "../../format/frame.ts";
import { FencedError } from "../../frame_log.ts";
import { LogExistsError } from "../../log_exists_error.ts";
import type { ObjectStore } from "../object_store.ts";
import { encodeHint, findClaim, findEnd, laterClaim } from "./find_end.ts";
import {
  decodeIdentity,
  encodeIdentity,
  type LogIdentity,
} from "./log_identity.ts";
import { readForward, readMeta, settleAll } from "./read_forward.ts";
import { claimKey, LOG_KEY, SLOT_PREFIX, slotKey } from "./slot_keys.ts";
import { encodeFence, FENCE_BYTES, hexOf } from "./slot_object.ts";
import { markEntry, objectId, SlotPipeline } from "./slot_pipeline.ts";
import type { RuleState } from "./slot_rule.ts";

/** What an opening needs. */
export interface OpeningOptions {
  /** Repeats what fails. */
  readonly store: ObjectStore;
  /** The window of a new log. */
  readonly window: number;
  /** LSN of the first record of a new log, if there must be none. */
  readonly firstLsn?: number | undefined;
  /** Returns the current time, in ms since 1970. */
  readonly time: () => number;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number;
}

/** A log that was opened: nobody else can make anything count any more. */
export interface OpenedLog {
  /** The number of this opening. */
  readonly epoch: number;
  /** A word that no other opening has. */
  readonly nonce: string;
  /** Appends to it. */
  readonly pipeline: SlotPipeline;
}

/**
 * Opens a log or creates it, and displaces its owner. Throws a `FencedError` if a
 * later opening has overtaken this one, a `LogExistsError` if there must be no
 * log, and a `CorruptLogError`.
 */
export function openObjectLog(options: OpeningOptions): Promise<OpenedLog> {
  return new Opening(options).run();
}

/** The maximum number of slots that an opening tries at once to overtake. */
const MOST_FENCES = 256;

class Opening {
  readonly #options: OpeningOptions;
  readonly #store: ObjectStore;
  readonly #nonce: string;

  constructor(options: OpeningOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#nonce = hexOf(randomBytes(options.random));
  }

  async run(): Promise<OpenedLog> {
    const store = this.#store;
    const { firstLsn, time } = this.#options;
    const identity = await this.#identify();
    const claim = await findClaim(store);
    const end = await findEnd(store, identity, claim.hint);
    if (firstLsn !== undefined) {
      const { state, free } = end;
      const seen = await readForward(store, identity, state, free - 1);
      refuseRecords(store, firstLsn, seen);
    }
    const epoch = await this.#claim(claim.epoch + 1, end.newest);
    const next = await this.#fenceEnd(identity, epoch, end.free);
    const state = await this.#readBack(identity, epoch, end.state, next - 1);
    if (firstLsn !== undefined) refuseRecords(store, firstLsn, state);
    const meta = await readMeta(store, identity, state);
    const options = { store, identity, state, meta, time };
    const pipeline = new SlotPipeline({ ...options, nonce: this.#nonce });
    await pipeline.send(markEntry(state, meta));
    return { epoch, nonce: this.#nonce, pipeline };
  }

  /** Reads the log's identity, or gives it one. */
  async #identify(): Promise<LogIdentity> {
    const store = this.#store;
    const known = await readIdentity(store);
    if (known !== undefined) return known;
    const { window, firstLsn = 1, random } = this.#options;
    const made = { id: randomBytes(random), window, firstLsn };
    const id = `${LOG_KEY}-${this.#nonce}`;
    await store.create(LOG_KEY, encodeIdentity(made), { id });
    // Another opening may have been quicker.
    const found = await readIdentity(store);
    if (found !== undefined) return found;
    throw new CorruptLogError(`${store.location}/${LOG_KEY}`, 0, "it is gone");
  }

  /** Claims `epoch`, or the next one that is free. */
  async #claim(epoch: number, hint: number): Promise<number> {
    const id = objectId(epoch, this.#nonce, 0);
    const bytes = encodeHint(hint);
    const made = await this.#store.create(claimKey(epoch), bytes, { id });
    return made === "created" ? epoch : this.#claim(epoch + 1, hint);
  }

  /**
   * Puts fences at the end. An owner that has gone on meanwhile may have removed
   * slots, so that fences fit in where the log no longer ends. But the slots at
   * its end are never removed: if something else than fences follows, that was
   * not the end. Resolves with the next slot.
   */
  async #fenceEnd(
    identity: LogIdentity,
    epoch: number,
    from: number,
  ): Promise<number> {
    const store = this.#store;
    for (let free = from;;) {
      const next = await this.#fence(identity, epoch, free);
      const options = { prefix: SLOT_PREFIX, after: slotKey(next - 1) };
      const { objects, isTruncated } = await store.list(options);
      const goesOn = isTruncated ||
        objects.some(({ size }) => size !== FENCE_BYTES);
      if (!goesOn) return next;
      // Two openings must not go on past each other forever.
      this.#requireLatest(epoch, await laterClaim(store, epoch) ?? 0);
      free = (await findEnd(store, identity, next - 1)).free;
    }
  }

  #requireLatest(epoch: number, highest: number): void {
    if (highest <= epoch) return;
    const how = `a later opening claimed epoch ${highest}`;
    throw new FencedError(this.#store.location, epoch, how);
  }

  /**
   * Puts fences in the slots from `from` on, until a window of slots from the
   * first one on is taken. The owner has at most a window in flight, and the
   * first fence stops it, so none of its slots after that can be free. Resolves
   * with the next slot.
   */
  async #fence(
    identity: LogIdentity,
    epoch: number,
    from: number,
  ): Promise<number> {
    const { id, window } = identity;
    // One window at a time would never catch an owner that is busy. If even two
    // do not, because answers take longer here, it leaps to the end again.
    let width = 2 * window;
    const time = Math.min(this.#options.time(), MAX_FRAME_TIME);
    let first = Infinity;
    let next = from;
    while (next < first + window || first === Infinity) {
      const slots = Array.from({ length: width }, (_, index) => next + index);
      const made = await settleAll(slots.map((slot) => {
        const bytes = encodeFence(id, { epoch, slot, time });
        const options = { id: objectId(epoch, this.#nonce, slot) };
        return this.#store.create(slotKey(slot), bytes, options);
      }));
      const created = slots.filter((_, index) => made[index] === "created");
      first = Math.min(first, ...created);
      next += width;
      if (created.length > 0) continue;
      this.#requireLatest(epoch, await laterClaim(this.#store, epoch) ?? 0);
      const { free } = await findEnd(this.#store, identity, next - 1);
      next = Math.max(next, free);
      width = Math.max(width, Math.min(2 * width, MOST_FENCES));
    }
    return next;
  }

  /** Reads what is there up to slot `to`. Nothing there will change. */
  async #readBack(
    identity: LogIdentity,
    epoch: number,
    state: RuleState,
    to: number,
  ): Promise<RuleState> {
    const store = this.#store;
    const [read] = await Promise.allSettled([
      readForward(store, identity, state, to),
    ]);
    // A later owner may have removed what was missed.
    const later = await laterClaim(store, epoch) ?? 0;
    const seen = read.status === "fulfilled" ? read.value.epoch : epoch;
    this.#requireLatest(epoch, Math.max(seen, later));
    if (read.status === "fulfilled") return read.value;
    // The former owner may have gone on, and removed slots after that state.
    const end = await findEnd(store, identity, to);
    return await readForward(store, identity, end.state, to);
  }
}

/** Reads a log's identity; `undefined` if there is no log. */
export async function readIdentity(
  store: ObjectStore,
): Promise<LogIdentity | undefined> {
  const found = await store.get(LOG_KEY);
  if (found === undefined) return undefined;
  const identity = decodeIdentity(found.bytes);
  if (typeof identity !== "string") return identity;
  throw new CorruptLogError(`${store.location}/${LOG_KEY}`, 0, identity);
}

/** Throws unless the log is as one that has just begun at `firstLsn`. */
function refuseRecords(
  { location }: ObjectStore,
  begins: number,
  { firstLsn, lastLsn }: RuleState,
): void {
  if (firstLsn === begins && lastLsn < begins) return;
  throw new LogExistsError(location, begins);
}

/** 16 bytes at random. */
export function randomBytes(random: () => number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
}
