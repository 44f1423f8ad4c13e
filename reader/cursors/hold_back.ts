import { ARCHIVE_CURSOR } from "../../storage/format/mod.ts";
import type { CursorPlace, SizedPart } from "./cursor_place.ts";

/** Which cursors hold back what a log drops, and how far. */
export interface HoldOptions {
  /**
   * Names of the cursors, or `"all"` that exist. A name without a cursor holds
   * back everything, because its consumer may be about to begin. A cursor whose
   * next record is dropped already holds back nothing.
   */
  hold: readonly string[] | "all";
  /**
   * Bytes of the log beyond which a cursor is left behind: an integer of at
   * least 0. Segments are counted as a whole, without the one that the cursor
   * is in and the last one, so the log may be larger by two segments. Where a
   * log has no segments, the bytes are estimated, as if all records had the same
   * size; there is no limit if it does not tell its size.
   */
  limitBytes: number;
}

/** How far a cursor is, for a decision about what a log may drop. */
export interface HeldCursor {
  /** The cursor's name. */
  readonly name: string;
  /** LSN of the last commit; absent if there is none, or it cannot be read. */
  readonly committedLsn?: number;
  /** The LSNs of which a crash can leave it at one; absent with that LSN. */
  readonly places?: readonly number[];
  /** Why it cannot be read. */
  readonly error?: unknown;
}

/**
 * Lists the cursors of a log by name, and how far each one certainly is. Those
 * of other logs are left out; those that cannot be read have an `error`.
 */
export async function cursorsOf(
  place: CursorPlace,
  hold: HoldOptions["hold"] = "all",
): Promise<HeldCursor[]> {
  const { log } = await place.identify();
  const names = hold === "all" ? await place.list() : hold;
  const cursors: HeldCursor[] = [];
  for (const name of [...new Set(names)].sort()) {
    try {
      const found = await place.read(name);
      if (found === undefined) {
        if (hold !== "all") cursors.push({ name });
      } else if (found.log === log) {
        const { lsn, places } = found;
        cursors.push({ name, committedLsn: lsn, places });
      }
    } catch (error) {
      cursors.push({ name, error });
    }
  }
  return cursors;
}

/** What may be dropped, and what is known of the log. */
export interface DropRequest {
  /** LSN below which records may go, unless a cursor needs them. */
  readonly lsn: number;
  /** LSN of the oldest record kept. */
  readonly firstLsn: number;
  /** Receives a message for each cursor that is left behind. */
  readonly warn: (message: string) => void;
  /** The same for each cursor that cannot be read. Default: `warn`. */
  readonly blocked?: ((message: string) => void) | undefined;
  /** Whether the archive holds back what it needs itself, without a limit. */
  readonly isArchived?: boolean;
}

/**
 * The LSN below which a log may drop its records: that of the request, or as
 * much less as the cursors demand.
 */
export async function holdBack(
  place: CursorPlace,
  { hold, limitBytes }: HoldOptions,
  { lsn, firstLsn, warn, blocked = warn, isArchived = false }: DropRequest,
): Promise<number> {
  const cursors = (await cursorsOf(place, hold))
    .filter(({ name }) => !(isArchived && name === ARCHIVE_CURSOR));
  for (const { name, error } of cursors) {
    if (error === undefined) continue;
    blocked(
      `"${place.pathOf(name)}" cannot be read, so no record is dropped: ` +
        `${(error as Error).message}; repair it or remove it`,
    );
  }
  const needs = needsOf(cursors, firstLsn);
  // Nothing is measured if no cursor is in the way.
  const isHeld = needs.some(({ from }) => from < lsn);
  const segments = isHeld ? await place.sizes() : [];
  const { keepFrom, left } = decideHold(lsn, needs, segments, limitBytes);
  for (const { name, from } of left) {
    warn(
      `cursor "${name}" of "${place.location}" is left behind: records from ` +
        `${from} on are dropped, because more than ${limitBytes} bytes ` +
        "follow them",
    );
  }
  return keepFrom;
}

/** The first record that a consumer still needs. */
interface Need {
  readonly name: string;
  readonly from: number;
  /** Whether nothing may be dropped, however large the log becomes. */
  readonly isUnknown?: boolean;
}

/**
 * What is needed. Of the places that a cursor may be at, those that need what is
 * dropped already are not meant, or it was left behind.
 */
export function needsOf(
  cursors: readonly HeldCursor[],
  firstLsn: number,
): Need[] {
  return cursors.flatMap(({ name, places = [firstLsn - 1], error }) => {
    if (error !== undefined) return { name, from: 1, isUnknown: true };
    const from = Math.min(
      ...places.map((lsn) => lsn + 1).filter((lsn) => lsn >= firstLsn),
    );
    return from === Infinity ? [] : { name, from };
  });
}

/** Decides what to keep, and which cursors are left behind by that. */
export function decideHold(
  lsn: number,
  needs: readonly Need[],
  segments: readonly SizedPart[],
  limitBytes: number,
): { keepFrom: number; left: Need[] } {
  const held = needs.filter(({ from, isUnknown }) =>
    isUnknown || bytesAfter(from, segments) <= limitBytes
  );
  const keepFrom = Math.min(lsn, ...held.map(({ from }) => from));
  return { keepFrom, left: needs.filter(({ from }) => from < keepFrom) };
}

/** Bytes of the segments, but the last, that begin after record `lsn`. */
function bytesAfter(lsn: number, segments: readonly SizedPart[]): number {
  return segments.slice(0, -1)
    .filter(({ firstLsn }) => firstLsn > lsn)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}
