import type { LogMeta } from "../../storage/format/mod.ts";
import type { LogIdentity } from "../../storage/s3/log/log_identity.ts";
import { encodeIdentity } from "../../storage/s3/log/log_identity.ts";
import type { OwnedLog } from "../../storage/s3/log/shared_log.ts";
import { LOG_KEY, slotKey } from "../../storage/s3/log/slot_keys.ts";
import {
  emptyState,
  encodeFence,
  encodeMetaEntry,
  encodeSlot,
  type SettledState,
  SLOT_KIND,
  type SlotDraft,
} from "../../storage/s3/log/slot_object.ts";
import { judgeSlot, type RuleState } from "../../storage/s3/log/slot_rule.ts";
import type { ObjectStore } from "../../storage/s3/object_store.ts";

/** What an object says that is not as usual. */
type Unusual = Partial<Omit<SlotDraft, "settled">> & {
  readonly settled?: Partial<SettledState>;
};

/**
 * A log on an object store whose objects a test makes one by one, as writers
 * would, those that do not count included.
 */
export class ScriptedObjectLog implements OwnedLog {
  readonly store: ObjectStore;
  readonly identity: LogIdentity;
  state: RuleState;
  meta: LogMeta | undefined;
  /** The records that count, by their LSNs; `undefined` for those lost. */
  readonly records = new Map<number, string | undefined>();
  epoch = 1;

  constructor(store: ObjectStore, { window = 1, firstLsn = 1 } = {}) {
    this.store = store;
    const id = Uint8Array.from({ length: 16 }, (_, index) => 16 * index + 7);
    this.identity = { id, window, firstLsn };
    this.state = { ...emptyState(firstLsn), epoch: 0 };
  }

  get removableSlot(): number {
    return Math.max(0, this.state.slot - this.identity.window - 1);
  }

  /** Makes the object `log`. */
  async create(): Promise<this> {
    const bytes = encodeIdentity(this.identity);
    await this.store.create(LOG_KEY, bytes, { id: "log" });
    return this;
  }

  /** A frame of records. */
  frame(records: readonly string[], unusual: Unusual = {}): Promise<void> {
    const texts = records.map((text) => new TextEncoder().encode(text));
    return this.frameOf(texts, unusual, records);
  }

  /** A frame of records of bytes. */
  async frameOf(
    records: readonly Uint8Array[],
    unusual: Unusual = {},
    texts: readonly string[] = [],
  ): Promise<void> {
    const length = records.reduce((sum, one) => sum + 4 + one.length, 0);
    const entries = new Uint8Array(length);
    const view = new DataView(entries.buffer);
    let at = 0;
    for (const record of records) {
      view.setUint32(at, record.length, true);
      entries.set(record, at + 4);
      at += 4 + record.length;
    }
    const { frame: kind } = SLOT_KIND;
    const before = this.state.lastLsn;
    await this.#put(kind, { count: records.length, ...unusual }, entries);
    if (this.state.lastLsn === before) return;
    texts.forEach((text, index) => this.records.set(before + 1 + index, text));
  }

  /** A hole of `count` records. */
  async hole(count: number): Promise<void> {
    const { lastLsn } = this.state;
    await this.#put(SLOT_KIND.hole, { count }, new Uint8Array());
    for (let lsn = lastLsn + 1; lsn <= lastLsn + count; lsn++) {
      this.records.set(lsn, undefined);
    }
  }

  /** A mark, which may bring metadata, and drop records. */
  async mark(text?: string, unusual: Unusual = {}): Promise<void> {
    const { firstLsn, firstSlot, metaVersion } = this.state;
    const bytes = text === undefined
      ? undefined
      : new TextEncoder().encode(text);
    const meta = bytes && { version: metaVersion + 1, bytes };
    const header = { firstLsn, firstSlot, metaVersion: meta?.version ?? 0 };
    const entries = meta ? encodeMetaEntry(meta) : new Uint8Array();
    const before = this.state.metaSlot;
    await this.#put(SLOT_KIND.mark, { ...header, ...unusual }, entries);
    if (this.state.metaSlot !== before) this.meta = meta;
  }

  /** A fence. */
  async fence(epoch = this.epoch): Promise<void> {
    const slot = this.state.slot + 1;
    const bytes = encodeFence(this.identity.id, { epoch, slot, time: 7 });
    await this.store.create(slotKey(slot), bytes, { id: `${epoch}-f-${slot}` });
    const header = { kind: SLOT_KIND.fence, epoch, slot, time: 7 };
    this.#judge(header);
  }

  /** The last state that the writers of each epoch know. */
  readonly #known = new Map<number, SettledState>();

  async #put(
    kind: SlotDraft["kind"],
    unusual: Unusual,
    entries: Uint8Array,
  ): Promise<void> {
    const { epoch: _, ...state } = this.state;
    const slot = state.slot + 1;
    const draft: SlotDraft = {
      ...{ kind, slot, epoch: this.epoch, time: 1000 + slot },
      ...{ firstLsn: state.lastLsn + 1, count: 0, firstSlot: 0 },
      metaVersion: 0,
      ...unusual,
      settled: {
        ...this.#known.get(unusual.epoch ?? this.epoch) ?? state,
        ...unusual.settled,
      },
    };
    const bytes = encodeSlot(this.identity.id, draft, entries);
    await this.store.create(slotKey(slot), bytes, {
      id: `${draft.epoch}-s-${slot}`,
    });
    this.#judge({ ...draft, length: entries.length, checksum: 0 });
  }

  #judge(header: Parameters<typeof judgeSlot>[1]): void {
    const verdict = judgeSlot(this.state, header);
    if (verdict.kind === "corrupt") throw new Error(verdict.reason);
    const { epoch, ...settled } = this.state = verdict.state;
    this.#known.set(epoch, settled);
  }
}
