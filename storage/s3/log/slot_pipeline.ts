import { CorruptLogError } from "../../corrupt_log_error.ts";
import { MAX_FRAME_TIME } from "../../format/frame.ts";
import type { LogMeta } from "../../format/log_meta.ts";
import { FencedError } from "../../frame_log.ts";
import type { ObjectStore } from "../object_store.ts";
import { endedBy } from "./ended_by.ts";
import { readHeader } from "./read_forward.ts";
import type { OwnedLog } from "./shared_log.ts";
import type { LogIdentity } from "./log_identity.ts";
import { slotKey } from "./slot_keys.ts";
import {
  encodeMetaEntry,
  encodeSlot,
  type SettledState,
  SLOT_KIND,
  type SlotDraft,
  type SlotHeader,
} from "./slot_object.ts";
import { judgeSlot, type RuleState } from "./slot_rule.ts";

/** What is known of an object before it has a slot. */
export type EntryHeader = Pick<
  SlotDraft,
  "kind" | "firstLsn" | "count" | "firstSlot" | "metaVersion"
>;

/** Something to put in a slot: a frame, a hole or a mark. */
export interface SlotEntry {
  /** What it is. */
  readonly header: EntryHeader;
  /** The bytes after its header; they must not change until it counts. */
  readonly entries: Uint8Array;
  /** The metadata that it carries, if any. */
  readonly meta?: LogMeta | undefined;
}

/** A mark: from when on records are kept, and the metadata. */
export function markEntry(
  { firstLsn, firstSlot }: Pick<SettledState, "firstLsn" | "firstSlot">,
  meta: LogMeta | undefined,
): SlotEntry {
  const metaVersion = meta?.version ?? 0;
  const { mark: kind } = SLOT_KIND;
  return {
    header: { kind, firstLsn, count: 0, firstSlot, metaVersion },
    entries: meta === undefined ? new Uint8Array() : encodeMetaEntry(meta),
    meta,
  };
}

/** What a {@linkcode SlotPipeline} is made of. */
export interface SlotPipelineOptions {
  /** Where it sends slots to. */
  readonly store: ObjectStore;
  /** The log's identity. */
  readonly identity: LogIdentity;
  /** What the opening has found; its `epoch` is this owner's. */
  readonly state: RuleState;
  /** The log's metadata then. */
  readonly meta: LogMeta | undefined;
  /** A word that no other opening has: part of the ids of objects. */
  readonly nonce: string;
  /** Returns the current time, in ms since 1970. */
  readonly time: () => number;
}

/** An entry that waits or is sent, and whoever waits for it. */
interface Sending {
  readonly entry: SlotEntry;
  readonly resolve: (time: number) => void;
  readonly reject: (error: unknown) => void;
}

/** A slot that was handed out. */
interface Flight {
  readonly slot: number;
  readonly sending: Sending;
  /** What was settled when it was sent. */
  readonly settledSlot: number;
  /** The outcome; absent until it is known. */
  outcome?: Outcome;
}

/** What a slot holds: what was sent, or another's object. Or it is not known. */
type Outcome =
  | { readonly kind: "own" | "another"; readonly header: SlotHeader }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Puts entries in slots, in order, with at most as many in flight as the log's
 * window: whoever opens the log next relies on that.
 *
 * It goes by the reading rule itself. Once all slots up to one are stored, the
 * object in it is judged; an entry whose object counts is done. Another's object
 * of a higher epoch fences this owner. One of a lower epoch is void, and comes
 * from an opening that was overtaken and woke up late: then nothing more is sent
 * until all that is in flight has settled, and what did not count is sent again.
 */
export class SlotPipeline implements OwnedLog {
  readonly #options: SlotPipelineOptions;
  readonly #abort = new AbortController();
  /** The store; closing ends its calls. */
  readonly #store: ObjectStore;
  /** Slots in flight, in order, without gaps, from `#state.slot + 1` on. */
  readonly #flights: Flight[] = [];
  /** Requests in progress. */
  readonly #calls = new Set<Promise<void>>();
  /** What has no slot yet, in order. */
  #waiting: Sending[] = [];
  /** What was sent in vain, in order. */
  #voided: Sending[] = [];
  #state: RuleState;
  #meta: LogMeta | undefined;
  #removableSlot = 0;
  #time: number;
  #failure: { readonly error: unknown } | undefined;

  /** Takes over from an opening that has fenced all others. */
  constructor(options: SlotPipelineOptions) {
    this.#options = options;
    this.#store = endedBy(options.store, this.#abort.signal);
    this.#state = options.state;
    this.#meta = options.meta;
    this.#time = options.state.time;
  }

  /** Where it sends slots to. */
  get store(): ObjectStore {
    return this.#options.store;
  }

  /** The log's identity. */
  get identity(): LogIdentity {
    return this.#options.identity;
  }

  /** What is known after the last slot that is settled. */
  get state(): RuleState {
    return this.#state;
  }

  /** The log's metadata after that slot. */
  get meta(): LogMeta | undefined {
    return this.#meta;
  }

  /** The highest slot that may be removed, as `OwnedLog` says. */
  get removableSlot(): number {
    return this.#removableSlot;
  }

  /** Throws if this owner has failed. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Sends an entry; resolves with the time of its object, once that counts and
   * everything before it is final. Entries with records count in the order of
   * these calls. Once a call has rejected, all later ones do.
   */
  send(entry: SlotEntry): Promise<number> {
    return new Promise<number>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure.error);
      this.#waiting.push({ entry, resolve, reject });
      this.#launchSome();
    });
  }

  /**
   * Ends it. If `waits`, everything that was sent settles first; otherwise its
   * requests are given up. What is not done then rejects with `error`.
   */
  async close(waits: boolean, error: Error): Promise<void> {
    while (waits && this.#flights.length > 0) await Promise.race(this.#calls);
    this.#fail(error);
    this.#abort.abort(error);
    await Promise.all(this.#calls);
  }

  #launchSome(): void {
    const { window } = this.#options.identity;
    if (this.#isHeld()) return;
    while (this.#flights.length < window && this.#waiting.length > 0) {
      this.#launch(this.#waiting.shift()!);
    }
  }

  /** Whether something was sent in vain: then all in flight settles first. */
  #isHeld(): boolean {
    return this.#voided.length > 0 ||
      this.#flights.some(({ outcome }) => (outcome?.kind ?? "own") !== "own");
  }

  #launch(sending: Sending): void {
    const { slot: settledSlot } = this.#state;
    const slot = settledSlot + this.#flights.length + 1;
    const flight: Flight = { slot, sending, settledSlot };
    this.#flights.push(flight);
    const call = this.#create(flight)
      .catch((error): Outcome => ({ kind: "failed", error }))
      .then((outcome) => {
        this.#calls.delete(call);
        flight.outcome = outcome;
        this.#settle();
      });
    this.#calls.add(call);
  }

  /** Creates the object of a flight; the rest is what the slot holds then. */
  async #create({ slot, sending }: Flight): Promise<Outcome> {
    const { identity, nonce } = this.#options;
    const { epoch, ...settled } = this.#state;
    const { header, entries } = sending.entry;
    const draft = { ...header, epoch, slot, settled, time: this.#now() };
    const bytes = encodeSlot(identity.id, draft, entries);
    const id = objectId(epoch, nonce, slot);
    const made = await this.#store.create(slotKey(slot), bytes, { id });
    if (made === "created") {
      const { length } = entries;
      return { kind: "own", header: { ...draft, length, checksum: 0 } };
    }
    const found = await readHeader(this.#store, identity, slot);
    if (found !== undefined) return { kind: "another", header: found };
    throw this.#fenced("a later owner has removed what was written");
  }

  /** The time; it never decreases. */
  #now(): number {
    const time = Math.min(this.#options.time(), MAX_FRAME_TIME);
    return this.#time = Math.max(this.#time, time);
  }

  /** Settles the slots up to the first one whose outcome is not known. */
  #settle(): void {
    while (this.#failure === undefined) {
      const [flight] = this.#flights;
      if (flight?.outcome === undefined) break;
      this.#judge(flight, flight.outcome);
    }
    if (this.#failure !== undefined) return;
    if (this.#flights.length === 0) {
      this.#waiting = [...this.#voided, ...this.#waiting];
      this.#voided = [];
    }
    this.#launchSome();
  }

  #judge(flight: Flight, outcome: Outcome): void {
    if (outcome.kind === "failed") return this.#fail(outcome.error);
    const { kind, header } = outcome;
    if (header.epoch > this.#state.epoch) {
      const how = `a later opening claimed epoch ${header.epoch}`;
      return this.#fail(this.#fenced(how));
    }
    const verdict = judgeSlot(this.#state, header);
    if (verdict.kind === "corrupt") {
      return this.#fail(this.#corrupt(flight, verdict.reason));
    }
    const isOwn = kind === "own";
    if (isOwn && verdict.kind === "void" && this.#voided.length === 0) {
      // Nothing was in its way, so it would never count.
      const { lastLsn } = this.#state;
      const reason = `its records do not follow record ${lastLsn}`;
      return this.#fail(this.#corrupt(flight, reason));
    }
    this.#flights.shift();
    this.#state = verdict.state;
    if (!isOwn || verdict.kind === "void") {
      this.#voided.push(flight.sending);
      return;
    }
    this.#removableSlot = flight.settledSlot;
    const { entry, resolve } = flight.sending;
    if (verdict.state.metaSlot === flight.slot) this.#meta = entry.meta;
    resolve(header.time);
  }

  #corrupt({ slot }: Flight, reason: string): CorruptLogError {
    const path = `${this.#options.store.location}/${slotKey(slot)}`;
    return new CorruptLogError(path, 0, reason);
  }

  #fenced(how: string): FencedError {
    const { location } = this.#options.store;
    return new FencedError(location, this.#state.epoch, how);
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    const flying = this.#flights.map(({ sending }) => sending);
    for (const { reject } of [...this.#voided, ...flying, ...this.#waiting]) {
      reject(error);
    }
    this.#flights.length = 0;
  }
}

/** The id of an object: no other object ever gets it. */
export function objectId(epoch: number, nonce: string, slot: number): string {
  return `${epoch}-${nonce}-${slot}`;
}
