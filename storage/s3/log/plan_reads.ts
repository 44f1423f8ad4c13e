import { lastUpTo } from "../../segments/frame_index.ts";
import type { CompactedHead } from "./compacted_object.ts";
import type { CompactedRanges, ListedRange } from "./compacted_ranges.ts";
import type { Wanted } from "./fetch_ahead.ts";
import type { SlotPlace } from "./slot_index.ts";
import { slotKey } from "./slot_keys.ts";

/** A slot, or a part of a compacted object. */
export interface ReadPiece extends Wanted {
  /** The compacted object; absent for a slot. */
  readonly compacted?: CompactedPiece;
  /** The slot, or the first one of the compacted object. */
  readonly slot: number;
}

/** A part of a compacted object. */
export interface CompactedPiece {
  /** The object. */
  readonly object: ListedRange;
  /** Its head; absent if the part is all of it. */
  readonly head?: CompactedHead | undefined;
  /** LSN of the first record. */
  readonly firstLsn: number;
  /** LSN of the last record. */
  readonly lastLsn: number;
}

/** What is to be read. */
export interface ReadPlan {
  /** The place before the first slot. */
  readonly place: SlotPlace;
  /** LSN of the first record. */
  readonly from: number;
  /** LSN of the last record. */
  readonly to: number;
  /** The last slot. */
  readonly end: number;
  /** Bytes that a slot may have. */
  readonly estimate: () => number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Compacted objects up to this size are got by one request. */
const WHOLE_BYTES = 12 * 1024 * 1024;

/** Bytes of a part of a larger one, if objects in it are not larger. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** What a slot may have, until some were seen: as much as a flush gathers. */
const FIRST_BYTES = 4 * 1024 * 1024;

/** How many slots tell how large the next one may be. */
const SIZES = 8;

/** The sizes of the last slots that a read has seen. */
export class SeenSizes {
  readonly #sizes: number[] = [];

  /** Notes the size of the next one, in bytes. */
  note(bytes: number): void {
    this.#sizes.push(bytes);
    if (this.#sizes.length > SIZES) this.#sizes.shift();
  }

  /** The size of the last one; 0 if there is none. */
  get last(): number {
    return this.#sizes.at(-1) ?? 0;
  }

  /** As large the next one may be. */
  get estimate(): number {
    return Math.max(0, ...this.#sizes) || FIRST_BYTES;
  }
}

/** What to get for a read, in order, as far as is known now. */
export async function* planReads(
  ranges: CompactedRanges,
  plan: ReadPlan,
): AsyncGenerator<ReadPiece, undefined> {
  const { place, to, end, estimate, signal } = plan;
  for (let slot = place.slot + 1; slot <= end;) {
    const object = await ranges.from(slot, signal);
    if (object !== undefined && object.firstSlot <= slot) {
      if (object.firstLsn > to) return;
      yield* piecesOf(ranges, object, plan);
      slot = object.lastSlot + 1;
      continue;
    }
    const stop = Math.min(end, (object?.firstSlot ?? Infinity) - 1);
    for (; slot <= stop; slot++) {
      yield { key: slotKey(slot), slot, bytes: estimate() };
    }
  }
}

/** The parts of a compacted object: each begins and ends with an object. */
async function* piecesOf(
  ranges: CompactedRanges,
  object: ListedRange,
  { from, to, signal }: ReadPlan,
): AsyncGenerator<ReadPiece, undefined> {
  const { key, size, firstSlot: slot, firstLsn, lastLsn } = object;
  const isAll = from <= firstLsn && to >= lastLsn && size <= WHOLE_BYTES;
  const head = isAll || lastLsn < firstLsn
    ? undefined
    : await ranges.head(object, signal);
  // If it is gone, whoever gets it learns that.
  if (head === undefined) {
    const compacted = { object, firstLsn, lastLsn };
    return yield { key, slot, bytes: size, compacted };
  }
  const { lsns, offsets } = head;
  const lsnAt = (at: number) => lsns[at];
  let at = Math.max(0, lastUpTo(from, lsns.length, lsnAt));
  while (at < lsns.length && lsns[at] <= to) {
    const begin = at++;
    const start = offsets[begin];
    while (lsns[at] <= to && offsets[at] - start < PIECE_BYTES) at++;
    const stop = offsets[at] ?? size;
    yield {
      ...{ key, slot, bytes: stop - start },
      range: { from: start, to: stop },
      compacted: {
        ...{ object, head, firstLsn: lsns[begin] },
        lastLsn: at < lsns.length ? lsns[at] - 1 : lastLsn,
      },
    };
  }
}
