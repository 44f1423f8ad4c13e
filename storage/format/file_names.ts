/** The parts of a segment's file name. */
export interface SegmentName {
  /** The file's name. */
  readonly name: string;
  /** LSN of the segment's first record. */
  readonly firstLsn: number;
  /** Number of the opening that made it. */
  readonly epoch: number;
  /** Number of repairs; absent if it was never repaired. */
  readonly revision?: number;
}

/**
 * `firstLsn-epoch.wal`, both padded so that names sort as segments do. The
 * epoch distinguishes two openings that start at the same LSN, as happens if
 * the first one died before its first frame was whole. A repair creates
 * `firstLsn-epoch.1.wal`, then `.2.wal`: the highest revision counts.
 */
export function formatSegmentName(
  firstLsn: number,
  epoch: number,
  revision?: number,
): string {
  const suffix = revision === undefined ? "" : `.${revision}`;
  return `${pad(firstLsn, 16)}-${pad(epoch, 8)}${suffix}.wal`;
}

/** Parses a segment's name; `undefined` for other names. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const match = /^(\d{16})-(\d{8,})(?:\.([1-9]\d*))?\.wal$/.exec(name);
  if (match === null) return undefined;
  const [firstLsn, epoch] = match.slice(1, 3).map(Number);
  const revision = match[3] === undefined ? undefined : Number(match[3]);
  const isExact = formatSegmentName(firstLsn, epoch, revision) === name &&
    [firstLsn, epoch, revision ?? 0].every(Number.isSafeInteger);
  if (!isExact) return undefined;
  return {
    name,
    firstLsn,
    epoch,
    ...(revision !== undefined && { revision }),
  };
}

/** Name of a file that will become some segment of `epoch`. */
export function formatSpareName(number: number, epoch: number): string {
  return `${pad(number, 8)}-${pad(epoch, 8)}.spare`;
}

/**
 * Epoch of the opening that left a file unfinished, or 0 if any process can
 * have left it; `undefined` for other names.
 */
export function parseUnfinished(name: string): number | undefined {
  const spare = /^(\d{8,})-(\d{8,})\.spare$/.exec(name);
  if (spare !== null) {
    const [number, epoch] = spare.slice(1).map(Number);
    const isExact = Number.isSafeInteger(epoch) &&
      formatSpareName(number, epoch) === name;
    return isExact ? epoch : undefined;
  }
  if (!name.endsWith(".tmp")) return undefined;
  const finished = name.slice(0, -4);
  const cursor = /^(.*)\.[0-9a-f]{8}$/.exec(finished)?.[1] ?? "";
  if (parseCursorName(cursor) !== undefined) return 0;
  return (parseSegmentName(finished) ?? parseSnapshotName(finished))?.epoch;
}

/**
 * Name under which a segment or manifest is kept after a repair took it out of
 * the log. `number` starts at 1 and increases while names are taken.
 */
export function formatOriginalName(segment: string, number: number): string {
  return number === 1 ? `${segment}.broken` : `${segment}.broken.${number}`;
}

/** Whether {@linkcode formatOriginalName} made `name`. */
export function isOriginal(name: string): boolean {
  const original = /^(.*)\.broken(\.\d+)?$/.exec(name)?.[1];
  return original !== undefined && (parseSegmentName(original) !== undefined ||
    parseManifestName(original) !== undefined);
}

/** Orders segments by first LSN, then by epoch, then by revision. */
export function compareSegments(a: SegmentName, b: SegmentName): number {
  return a.firstLsn - b.firstLsn || a.epoch - b.epoch ||
    (a.revision ?? 0) - (b.revision ?? 0);
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

/** Name of the manifest of `epoch`. */
export function formatManifestName(epoch: number): string {
  return `${String(epoch).padStart(8, "0")}.manifest`;
}

/** Epoch in a manifest's name; `undefined` for other names. */
export function parseManifestName(name: string): number | undefined {
  const match = /^(\d{8,})\.manifest$/.exec(name);
  if (match === null) return undefined;
  const epoch = Number(match[1]);
  const isExact = Number.isSafeInteger(epoch) &&
    formatManifestName(epoch) === name;
  return isExact ? epoch : undefined;
}

/** Epoch in the name of an unfinished manifest; else `undefined`. */
export function parseUnfinishedManifest(name: string): number | undefined {
  return name.endsWith(".tmp")
    ? parseManifestName(name.slice(0, -4))
    : undefined;
}

/** Whether `name` is a lock file, finished or not; see `lock_file.ts`. */
export function isLockFile(name: string): boolean {
  return /^\d{8,}\.lock(\.\d+\.tmp)?$/.test(name);
}

/**
 * Name of the file in which an open log shows its status while somebody asks
 * for it. It is hidden: no version of the library takes it for a stray.
 */
export const STATUS_NAME = ".wal-status.json";

/** Name of the file that asks an open log for its status. */
export const REQUEST_NAME = ".wal-status.request";

/** What the name of a cursor consists of. */
export const CURSOR_NAME = /^[a-z0-9_-]{1,64}$/;

/** The cursor that says how far the archive of a log is. */
export const ARCHIVE_CURSOR = "_archive";

/** Name of a cursor's file. */
export function formatCursorName(cursor: string): string {
  return `${cursor}.cursor`;
}

/** The cursor that a file holds; `undefined` for other names. */
export function parseCursorName(name: string): string | undefined {
  if (!name.endsWith(".cursor")) return undefined;
  const cursor = name.slice(0, -".cursor".length);
  return CURSOR_NAME.test(cursor) ? cursor : undefined;
}

/** The parts of a snapshot's file name. */
export interface SnapshotName {
  /** The file's name. */
  readonly name: string;
  /** LSN of the last record that the snapshot covers; 0 if it covers none. */
  readonly lsn: number;
  /** Number of the opening that made it. */
  readonly epoch: number;
}

/**
 * `lsn-epoch.snapshot`, padded as in a segment's name. With the epoch in its
 * name, no owner replaces another one's snapshot.
 */
export function formatSnapshotName(lsn: number, epoch: number): string {
  return `${pad(lsn, 16)}-${pad(epoch, 8)}.snapshot`;
}

/** Parses a snapshot's name; `undefined` for other names. */
export function parseSnapshotName(name: string): SnapshotName | undefined {
  const match = /^(\d{16})-(\d{8,})\.snapshot$/.exec(name);
  if (match === null) return undefined;
  const [lsn, epoch] = match.slice(1).map(Number);
  const isExact = formatSnapshotName(lsn, epoch) === name &&
    [lsn, epoch].every(Number.isSafeInteger);
  return isExact ? { name, lsn, epoch } : undefined;
}
