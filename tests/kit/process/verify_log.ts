import type { Wal } from "../../../wal.ts";
import { parseNotes, readNotes } from "./read_notes.ts";
import { checkRecord, type RecordOrigin } from "./record_content.ts";

/** What a log must hold. */
export interface Expectation {
  readonly seed: number;
  /** The notes of each process, by its round, oldest first. */
  readonly notes: readonly NotesOfRound[];
  /** Records below may be gone, in addition to what the notes say. */
  readonly truncated?: number;
}

/** The notes of a process: the file, or what is in it. */
export type NotesOfRound =
  | { readonly round: number; readonly file: string }
  | { readonly round: number; readonly text: string };

/** What it holds. */
export interface Verified {
  readonly first: number;
  readonly last: number;
  /** Acknowledged records that were compared. */
  readonly acked: number;
}

/**
 * Reads a whole log. Throws unless every record is exactly what its LSN says it
 * must be, batches are whole, rounds follow each other, and all that was
 * acknowledged is there, from the process that said so.
 */
export async function verifyLog(
  wal: Wal,
  expected: Expectation,
): Promise<Verified> {
  const origins = new Map<number, RecordOrigin>();
  let last = await wal.flush();
  let first = last + 1;
  for await (const { lsn, data } of wal.read()) {
    first = Math.min(first, lsn);
    const follows = lsn === first + origins.size;
    if (!follows) throw new Error(`record ${lsn} stands in another's place`);
    origins.set(lsn, checkRecord(data, { seed: expected.seed, lsn }));
  }
  last = first + origins.size - 1;
  for (const origin of origins.values()) requireWhole(origins, origin, first);
  let truncated = expected.truncated ?? 0;
  let acked = 0;
  for (const source of expected.notes) {
    const { round } = source;
    const notes = "file" in source
      ? readNotes(source.file)
      : parseNotes(source.text);
    truncated = Math.max(truncated, notes.truncating);
    for (const lsn of notes.acked) {
      if (lsn < first && lsn < truncated) continue;
      const found = origins.get(lsn)?.round;
      if (found !== round) {
        throw new Error(
          `record ${lsn}, acked in round ${round}, is lost: the log holds ` +
            `${first} to ${last}, there is ${found ?? "none"}`,
        );
      }
      acked++;
    }
  }
  if (first > Math.max(truncated, 1)) {
    throw new Error(`the log begins at ${first}, truncated was ${truncated}`);
  }
  return { first, last, acked };
}

/**
 * Its batch is complete, except for what a checkpoint dropped below `kept`, and
 * no older process wrote after it.
 */
function requireWhole(
  origins: ReadonlyMap<number, RecordOrigin>,
  { lsn, round, first, last }: RecordOrigin,
  kept: number,
): void {
  const neighbours = [
    lsn > Math.max(first, kept) ? lsn - 1 : lsn,
    lsn < last ? lsn + 1 : lsn,
  ];
  for (const neighbour of neighbours) {
    const other = origins.get(neighbour);
    const isSame = other?.round === round && other.first === first &&
      other.last === last;
    if (!isSame) throw new Error(`batch ${first}-${last} is torn at ${lsn}`);
  }
  const next = origins.get(lsn + 1);
  if (next && next.round < round) {
    throw new Error(`round ${next.round} wrote ${lsn + 1} behind ${round}`);
  }
}
