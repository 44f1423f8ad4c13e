import { CorruptLogError } from "../../corrupt_log_error.ts";
import { MAX_FRAME_TIME } from "../../format/frame.ts";
import type { LogMeta } from "../../format/log_meta.ts";
import { FencedError } from "../../frame_log.ts";
import { LogExistsError } from "../../log_exists_error.ts";
import type { ObjectStore } from "../object_store.ts";
import {
  encodeHint,
  findClaim,
  findEnd,
  laterClaim,
  type NearEnd,
} from "./find_end.ts";
import {
  decodeIdentity,
  encodeIdentity,
  type LogIdentity,
} from "./log_identity.ts";
import { readForward, readMeta, settleAll } from "./read_forward.ts";
import { claimKey, LOG_KEY, slotKey } from "./slot_keys.ts";
import { encodeFence, hexOf } from "./slot_object.ts";
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

/** What an opening finds once nobody else can write. */
interface TakenLog {
  /** What is known after the last slot. */
  readonly state: RuleState;
  /** The log's metadata then. */
  readonly meta: LogMeta | undefined;
}

/** Most slots that an opening which chases a busy owner tries at once. */
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
    const { state, meta } = await this.#takeOver(identity, epoch, end);
    if (firstLsn !== undefined) refuseRecords(store, firstLsn, state);
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
   * Puts fences after the log's end, until the owner can go on nowhere; resolves
   * with what is known after the last slot then.
   *
   * The owner has at most a window in flight, and the first fence stops it: once
   * all slots are taken from what it knows to be settled up to a window after
   * the first fence, none of its slots counts any more. The end is looked for
   * again each time, because this process may have been slow, or paused: its
   * fences may be where slots have been removed since, which nobody looks at.
   */
  async #takeOver(
    identity: LogIdentity,
    epoch: number,
    end: NearEnd,
  ): Promise<TakenLog> {
    const { window } = identity;
    const fences: number[] = [];
    let near = end;
    for (let width = 2 * window;; width = Math.min(2 * width, MOST_FENCES)) {
      fences.push(...await this.#fence(identity, epoch, near.free, width));
      near = await this.#look(
        epoch,
        () => findEnd(this.#store, identity, near.newest),
      );
      const { state, free } = near;
      const first = fences.find((slot) => slot > state.slot) ?? Infinity;
      if (free >= first + window) break;
    }
    const { state: from, free } = near;
    return await this.#look(epoch, async () => {
      const state = await readForward(this.#store, identity, from, free - 1);
      const meta = await readMeta(this.#store, identity, state);
      return { state, meta };
    });
  }

  /** Puts fences in slots that are free; resolves with those. */
  async #fence(
    { id }: LogIdentity,
    epoch: number,
    from: number,
    width: number,
  ): Promise<number[]> {
    const time = Math.min(this.#options.time(), MAX_FRAME_TIME);
    const slots = Array.from({ length: width }, (_, index) => from + index);
    const made = await settleAll(slots.map((slot) => {
      const bytes = encodeFence(id, { epoch, slot, time });
      const options = { id: objectId(epoch, this.#nonce, slot) };
      return this.#store.create(slotKey(slot), bytes, options);
    }));
    return slots.filter((_, index) => made[index] === "created");
  }

  /** Looks at the log; fails with a `FencedError` if it has a later owner. */
  async #look<Found>(
    epoch: number,
    look: () => Promise<Found>,
  ): Promise<Found> {
    const store = this.#store;
    const [looked] = await Promise.allSettled([look()]);
    // A later owner may have removed what was missed.
    const later = await laterClaim(store, epoch) ?? 0;
    if (later > epoch) {
      const how = `a later opening claimed epoch ${later}`;
      throw new FencedError(store.location, epoch, how);
    }
    if (looked.status === "rejected") throw looked.reason;
    return looked.value;
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
