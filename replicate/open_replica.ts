import {
  CompactedError,
  FencedError,
  type FrameLog,
} from "../storage/frame_log.ts";
import type { LogEngine, LogObserver } from "../storage/log_engine.ts";
import type { Clock } from "../writer/clock.ts";
import { type Claim, makeClaim, readClaim } from "./claim.ts";
import {
  aheadError,
  ForeignReplicaError,
  ReplicaGapError,
  UnfitEngineError,
} from "./replica_errors.ts";
import type { ReplicaSource } from "./replica_source.ts";
import { compareRecords, type Comparison } from "./same_records.ts";
import { within } from "./within.ts";

/** What an opening needs to know. */
export interface ReplicaPlace {
  readonly source: ReplicaSource;
  readonly engine: LogEngine;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Gives up all calls but the opening itself. */
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
  /** The time of the next frame. */
  readonly time: () => number;
}

/** What is known of earlier openings from here. */
export interface EarlierOpenings {
  /** Epoch of the last one; `undefined` if there was none. */
  epoch: number | undefined;
  /** Openings since then that have failed: each may have taken an epoch. */
  failed: number;
  /** Whether the first one may take over what another log has. */
  takeOver: boolean;
}

/**
 * Records at the end that are compared. If the last one was written at another
 * time than in the log, all are.
 */
const COMPARED = 64;

/** That takes as long as it takes, in ms. */
const UNLIMITED_MS = 2 ** 31 - 1;

/**
 * Opens a replica to continue it, once it is sure that it is one of this log and
 * that nobody else has taken it over: an opening fences whoever writes there.
 *
 * Rejects with `ForeignReplicaError`, `ReplicaGapError` or `FencedError`, after
 * which nothing may be tried again, or with any other error.
 */
export async function openReplica(
  place: ReplicaPlace,
  earlier: EarlierOpenings,
): Promise<FrameLog> {
  const { source, engine, warn, time } = place;
  await source.refresh();
  const { isNew, lastLsn } = await survey(place, earlier);
  const firstLsn = isNew ? source.view.firstLsn : undefined;
  earlier.failed++;
  // Never given up: it would take over later, even from its successor.
  const log = await engine.openLog({ firstLsn, warn, time });
  try {
    await requireOwnLog(place, log, earlier);
    if (log.lastLsn !== lastLsn) await requireContinued(place, log);
    earlier.epoch = log.epoch;
    earlier.failed = 0;
    earlier.takeOver = false;
    return log;
  } catch (error) {
    await log.close(false).catch(() => {});
    throw error;
  }
}

/** Looks at the replica, without a claim to it. */
async function survey(place: ReplicaPlace, earlier: EarlierOpenings) {
  const { source, engine } = place;
  const { location } = engine;
  const looking = engine.observeLog();
  const observer = await within(asked(place), "look at a replica", looking)
    .catch((error) => {
      looking.then((late) => late.close()).catch(() => {});
      throw error;
    });
  try {
    const { firstLsn, lastLsn, epoch = 0 } = observer;
    const most = (earlier.epoch ?? Infinity) + earlier.failed;
    if (epoch > most) {
      throw new FencedError(
        location,
        earlier.epoch!,
        "another owner took over",
      );
    }
    const isNew = lastLsn < firstLsn && epoch === 0;
    if (isNew) return { isNew, lastLsn: source.view.firstLsn - 1 };
    const other = await findOtherClaim(place, observer, earlier);
    await requireContinued(place, observer);
    // Not before: its owner could not connect again, even if this is refused.
    if (other !== undefined) await takeOver(place, observer, other);
    return { isNew, lastLsn };
  } finally {
    observer.close().catch(() => {});
  }
}

/** The claim of another log, if this one may take over; throws if it may not. */
async function findOtherClaim(
  place: ReplicaPlace,
  { cursors, firstLsn, lastLsn }: LogObserver,
  earlier: EarlierOpenings,
): Promise<Claim | undefined> {
  const { source: { id }, engine: { location } } = place;
  const store = requireCursors(location, cursors);
  const reading = readClaim(location, store);
  const found = await within(asked(place), "read whose a replica is", reading);
  if (found.log === id) return undefined;
  const isEmpty = lastLsn < firstLsn;
  if (found.log === undefined && isEmpty) return undefined;
  if (!earlier.takeOver) throw notMine(place, found, earlier);
  return found;
}

/** Claims a replica in place of the log that has it. */
async function takeOver(
  place: ReplicaPlace,
  { cursors }: LogObserver,
  before: Claim,
): Promise<void> {
  const { source: { id }, engine: { location } } = place;
  const store = requireCursors(location, cursors);
  const making = makeClaim(location, store, id, before);
  await within(asked(place), "claim a replica", making);
}

/** Requires that nobody has claimed it while it was opened; claims a new one. */
async function requireOwnLog(
  place: ReplicaPlace,
  log: FrameLog,
  earlier: EarlierOpenings,
): Promise<void> {
  const { source: { id }, engine: { location } } = place;
  const store = requireCursors(location, log.cursors);
  const reading = readClaim(location, store);
  const found = await within(asked(place), "read whose a replica is", reading);
  if (found.log === id) return;
  if (found.log !== undefined) throw notMine(place, found, earlier);
  const making = makeClaim(location, store, id, found);
  await within(asked(place), "claim a replica", making);
}

function notMine(
  { source, engine: { location } }: ReplicaPlace,
  { log }: Claim,
  { epoch }: EarlierOpenings,
): Error {
  if (epoch !== undefined) {
    return new FencedError(
      location,
      epoch,
      "another log took the replica over",
    );
  }
  const whose = log === undefined
    ? "no log has claimed what is there"
    : `it is the replica of another log, whose id is ${log}, and not ` +
      `of "${source.location}"`;
  return new ForeignReplicaError(
    location,
    "other-log",
    `${whose}: use another place, or take it over (\`takeOver\`, ` +
      "--take-over) if this log is a restored one that replaces that one",
  );
}

/** Requires that its last records are those of the source. */
async function requireContinued(
  place: ReplicaPlace,
  replica: Pick<LogObserver, "firstLsn" | "lastLsn" | "read">,
): Promise<void> {
  const { source: { view }, engine: { location } } = place;
  const { lastLsn } = replica;
  if (lastLsn > view.durableLsn) {
    throw aheadError(location, lastLsn, view.durableLsn);
  }
  if (view.firstLsn > lastLsn + 1) {
    throw new ReplicaGapError(location, lastLsn, view.firstLsn);
  }
  const first = Math.max(replica.firstLsn, view.firstLsn);
  const from = Math.max(first, lastLsn - COMPARED + 1);
  if (from > lastLsn) return;
  const found = await compare(place, replica, from, place.timeoutMs);
  // Logs that parted may have the same last records, such as empty ones.
  const { lsn } = found.isSameTime || found.lsn !== undefined || from === first
    ? found
    : await compare(place, replica, first, UNLIMITED_MS);
  if (lsn === undefined) return;
  const reason = `its record ${lsn} is not that of this log: another log has ` +
    "written there, or this one was cut back, or its files are older";
  throw new ForeignReplicaError(location, "other-records", reason);
}

/** Compares the records of a replica from `from` on with those of its log. */
async function compare(
  place: ReplicaPlace,
  replica: Pick<LogObserver, "lastLsn" | "read">,
  from: number,
  timeoutMs: number,
): Promise<Comparison> {
  const { source: { view }, engine: { location } } = place;
  const { lastLsn } = replica;
  const comparing = compareRecords(
    from,
    replica.read(from, lastLsn),
    view.readBatches({ from, to: lastLsn }),
  );
  const patience = { ...asked(place), timeoutMs };
  return await within(patience, "compare a replica", comparing)
    .catch((error) => {
      if (!(error instanceof CompactedError)) throw error;
      // Both sides may drop what both have; then there is less to compare.
      const dropped = "records were dropped while they were compared";
      throw new Error(`Cannot replicate to "${location}" because ${dropped}`);
    });
}

function requireCursors(
  location: string,
  cursors: LogObserver["cursors"],
): NonNullable<LogObserver["cursors"]> {
  if (cursors !== undefined) return cursors;
  throw new UnfitEngineError(
    `Cannot replicate to "${location}" because it keeps no cursors, of which ` +
      "one says whose replica it is",
  );
}

function asked({ engine: { location }, ...rest }: ReplicaPlace) {
  return { ...rest, location };
}
