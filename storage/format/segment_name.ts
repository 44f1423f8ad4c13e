/** What a segment's file name says. */
export interface SegmentName {
  /** The file's name. */
  readonly name: string;
  /** LSN of the first record that the segment is for. */
  readonly firstLsn: number;
  /** Number of the opening that made it. */
  readonly epoch: number;
}

/**
 * `firstLsn-epoch.wal`, both padded so that names sort as segments do. The
 * epoch keeps two openings apart that start at the same LSN, which happens
 * when the first died before its first frame was whole.
 */
export function formatSegmentName(firstLsn: number, epoch: number): string {
  return `${pad(firstLsn, 16)}-${pad(epoch, 8)}.wal`;
}

/** The opposite of {@linkcode formatSegmentName}; `undefined` for others. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const match = /^(\d{16})-(\d{8,})\.wal$/.exec(name);
  if (match === null) return undefined;
  const [firstLsn, epoch] = match.slice(1).map(Number);
  const isExact = formatSegmentName(firstLsn, epoch) === name &&
    Number.isSafeInteger(firstLsn) && Number.isSafeInteger(epoch);
  return isExact ? { name, firstLsn, epoch } : undefined;
}

/** No log has that many records, so such names are no segment's. */
const SPARE_LSN = 9_000_000_000_000_000;

/** Name of a file that becomes a segment of `epoch`, not known yet which. */
export function formatSpareName(number: number, epoch: number): string {
  return `${formatSegmentName(SPARE_LSN + number, epoch)}.tmp`;
}

/** The segment that a file is on the way to be; `undefined` for others. */
export function parseUnfinished(name: string): SegmentName | undefined {
  return name.endsWith(".tmp")
    ? parseSegmentName(name.slice(0, -4))
    : undefined;
}

/**
 * The name under which the bytes that `segment` had before a repair are kept;
 * `number` counts from 1, as a segment may be repaired more than once.
 */
export function formatOriginalName(segment: string, number: number): string {
  return number === 1 ? `${segment}.broken` : `${segment}.broken.${number}`;
}

/** Whether {@linkcode formatOriginalName} made `name`. */
export function isOriginal(name: string): boolean {
  return /^\d{16}-\d{8,}\.wal\.broken(\.\d+)?$/.test(name);
}

/** Orders segments by their first LSN, then by the opening that made them. */
export function compareSegments(a: SegmentName, b: SegmentName): number {
  return a.firstLsn - b.firstLsn || a.epoch - b.epoch;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
