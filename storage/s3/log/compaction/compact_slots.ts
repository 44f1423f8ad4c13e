import { invariant } from "../../../../invariant.ts";
import type { Pace } from "../../../turns.ts";
import {
  type CompactedPart,
  decodePart,
  encodeCompacted,
} from "../compacted_object.ts";
import type { ListedRange } from "../compacted_ranges.ts";
import { FetchAhead, type FetchLimits, type Wanted } from "../fetch_ahead.ts";
import type { OwnedLog } from "../shared_log.ts";
import type { SlotPlace } from "../slot_index.ts";
import { compactedKey, type CompactedRange, slotKey } from "../slot_keys.ts";
import type { SlotLookup } from "../slot_lookup.ts";
import {
  decodeSlot,
  emptyState,
  SLOT_KIND,
  SlotContent,
} from "../slot_object.ts";
import { judgeSlot, type RuleState } from "../slot_rule.ts";
import type { SlotRun } from "./plan_compaction.ts";

/** What compaction works on. */
export interface CompactionSite {
  /** The log. */
  readonly log: OwnedLog;
  /** Finds its compacted objects. */
  readonly lookup: SlotLookup;
  /** Gives the next object its id. */
  readonly nextId: () => string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** How it gives way. */
  readonly pace: Pace;
}

/** Compaction takes its time, and little of the store's. */
const LIMITS: FetchLimits = { count: 4, bytes: 8 * 1024 * 1024 };

/** What was read of a run of slots. */
export interface ReadRun {
  /** What is known after it; its metadata are those of the run, if any. */
  readonly state: RuleState;
  /** The slot of the newest metadata before the run; 0 if there are none. */
  readonly metaBefore: number;
  /** Frames and holes that count. */
  readonly parts: readonly CompactedPart[];
}

/**
 * Reads a run of slots, which are final. Resolves with `undefined` if one of
 * them is gone: somebody else has compacted or dropped it.
 */
export async function readRun(
  { log, lookup, signal, pace }: CompactionSite,
  place: SlotPlace,
  { firstSlot, lastSlot }: SlotRun,
): Promise<ReadRun | undefined> {
  invariant(place.slot + 1 === firstSlot, "a run that begins elsewhere");
  const fetch = fetchAll(log, slotsOf(firstSlot, lastSlot), signal);
  const parts: CompactedPart[] = [];
  let state: RuleState = { ...emptyState(1), ...place };
  let metaBefore = 0;
  try {
    while (state.slot < lastSlot) {
      const object = (await fetch.next())?.object;
      if (object === undefined) return undefined;
      const { bytes } = object;
      await pace.spend(bytes.length);
      const slot = state.slot + 1;
      const content = decodeSlot(bytes, log.identity.id, slot);
      if ("fault" in content) {
        throw lookup.corrupt(slotKey(slot), content.fault);
      }
      const isContent = content instanceof SlotContent;
      const header = isContent ? content.header : content;
      const verdict = judgeSlot(state, header);
      if (verdict.kind === "corrupt") {
        throw lookup.corrupt(slotKey(slot), verdict.reason);
      }
      state = verdict.state;
      if (!isContent) continue;
      const { kind, firstLsn, settled } = content.header;
      if (settled.metaSlot < firstSlot) {
        metaBefore = Math.max(metaBefore, settled.metaSlot);
      }
      const counts = verdict.kind === "counts" && kind !== SLOT_KIND.mark;
      if (counts) parts.push({ firstLsn, bytes });
    }
  } finally {
    await fetch.stop();
  }
  return { state, metaBefore, parts };
}

/**
 * Reads compacted objects that follow each other. Resolves with `undefined` if
 * one of them is gone.
 */
export async function readRanges(
  { log, lookup, signal, pace }: CompactionSite,
  ranges: readonly ListedRange[],
): Promise<{ parts: CompactedPart[]; epoch: number } | undefined> {
  const wants = ranges.map(({ key, size }) => ({ key, bytes: size }));
  const fetch = fetchAll(log, wants, signal);
  const parts: CompactedPart[] = [];
  let epoch = 0;
  try {
    for (const range of ranges) {
      const object = (await fetch.next())?.object;
      if (object === undefined) return undefined;
      const { bytes, size } = object;
      const head = lookup.ranges.decodeHead(range, bytes, size);
      let nextLsn = range.firstLsn;
      epoch = head.epoch;
      for (let at = head.offsets[0] ?? size; at < size;) {
        const part = decodePart(bytes, at, log.identity.id);
        if ("fault" in part) throw lookup.corrupt(range.key, part.fault, at);
        const { firstLsn, count } = part.content.header;
        if (firstLsn !== nextLsn) {
          const reason = `expected record ${nextLsn}, found ${firstLsn}`;
          throw lookup.corrupt(range.key, reason, at);
        }
        parts.push({ firstLsn, bytes: bytes.subarray(at, at + part.size) });
        at += part.size;
        nextLsn += count;
        await pace.spend(part.size);
      }
      if (nextLsn !== range.lastLsn + 1) {
        const reason = `expected record ${nextLsn}, found the end`;
        throw lookup.corrupt(range.key, reason, size);
      }
    }
  } finally {
    await fetch.stop();
  }
  return { parts, epoch };
}

/**
 * Creates a compacted object; resolves once it is there, whoever made it, or
 * with `undefined` if it has been removed since.
 */
export async function createCompacted(
  { log, lookup, nextId, signal }: CompactionSite,
  range: CompactedRange,
  epoch: number,
  parts: readonly CompactedPart[],
): Promise<ListedRange | undefined> {
  const bytes = encodeCompacted(log.identity.id, { ...range, epoch }, parts);
  const key = compactedKey(range);
  const made = await log.store.create(key, bytes, { id: nextId(), signal });
  if (made === "exists") {
    // Another owner's, or that of a try before: it must be the same.
    const there = await log.store.get(key, { signal });
    if (there === undefined) return undefined;
    const isSame = there.size === bytes.length &&
      bytes.every((byte, at) => byte === there.bytes[at]);
    if (!isSame) throw lookup.corrupt(key, "it is not what its slots say");
  }
  lookup.ranges.forget();
  return { ...range, key, size: bytes.length };
}

function slotsOf(firstSlot: number, lastSlot: number): Wanted[] {
  return Array.from({ length: lastSlot - firstSlot + 1 }, (_, index) => {
    return { key: slotKey(firstSlot + index), bytes: LIMITS.bytes / 4 };
  });
}

function fetchAll(
  { store }: OwnedLog,
  wants: readonly Wanted[],
  signal: AbortSignal,
): FetchAhead<Wanted> {
  async function* each(): AsyncGenerator<Wanted> {
    yield* wants;
  }
  return new FetchAhead(store, each(), LIMITS, signal);
}
