import { cursorsOf, placeOf } from "../../reader/cursors/mod.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import {
  findClaim,
  findEnd,
  hexOf,
  ObjectCursors,
  type ObjectSurvey,
  readForward,
  readIdentity,
  type RuleState,
  surveyObjects,
} from "../../storage/s3/log/mod.ts";
import type { ObjectStore } from "../../storage/s3/mod.ts";
import {
  formatAge,
  formatAmount,
  formatRange,
  formatRecords,
  formatSize,
  formatTable,
  printable,
} from "../io/format.ts";
import { noLogError } from "../io/log_directory.ts";
import { describeCursor, stateOf } from "./describe_status.ts";
import type { Problem } from "./judge_status.ts";
import type { CursorStatus, LogStatus } from "./read_status.ts";

/** What can be said about a log on object storage without reading it all. */
export interface ObjectStatus {
  /** What a listing shows. */
  readonly survey: ObjectSurvey;
  /** Most slots that the owner has in flight; absent if it cannot be read. */
  readonly window?: number | undefined;
  /** Where the log begins and ends; absent if that cannot be read. */
  readonly end?: RuleState | undefined;
  /** Slots whose objects were not compacted. */
  readonly uncompacted: number;
  /** Slots whose objects stopped former owners. */
  readonly fences: number;
  readonly cursors: readonly CursorStatus[];
  /** Damage that shows without reading all. */
  readonly damages: LogStatus["damages"];
}

/**
 * Reads the status of a log on object storage: a listing, and the headers of the
 * newest slots. Damage is part of the result; rejects if there is no log, or it
 * cannot be read.
 */
export async function readObjectStatus(
  store: ObjectStore,
  signal: AbortSignal,
): Promise<ObjectStatus> {
  const survey = await surveyObjects(store, signal);
  const { slots, compacted, claims } = survey;
  if (!survey.hasIdentity && slots.length + compacted.length + claims === 0) {
    throw noLogError("show the status of", store);
  }
  const damages: LogStatus["damages"][number][] = [];
  const found = await noting(damages, () => readEnd(store));
  const cursors = found === undefined
    ? []
    : await readCursors(store, found.id, found.end);
  const contents = slots.filter(({ isFence }) => !isFence);
  const isCompacted = (slot: number) =>
    compacted.some(({ firstSlot, lastSlot }) =>
      firstSlot <= slot && slot <= lastSlot
    );
  const { end } = found ?? {};
  return {
    ...{ survey, window: found?.window, end, cursors, damages },
    uncompacted:
      contents.filter(({ slot }) =>
        slot >= (end?.firstSlot ?? 1) && !isCompacted(slot)
      ).length,
    fences: slots.length - contents.length,
  };
}

async function readEnd(store: ObjectStore) {
  const identity = await readIdentity(store);
  if (identity === undefined) {
    throw new CorruptLogError(`${store.location}/log`, 0, "it is missing");
  }
  const { hint } = await findClaim(store);
  const { state, free } = await findEnd(store, identity, hint);
  const end = await readForward(store, identity, state, free - 1);
  return { id: hexOf(identity.id), window: identity.window, end };
}

async function readCursors(
  store: ObjectStore,
  id: string,
  { firstLsn, lastLsn, epoch }: RuleState,
): Promise<CursorStatus[]> {
  const { location } = store;
  const cursors = new ObjectCursors(store, { log: id, token: "status" });
  const log = { cursors, id, epoch, location, firstLsn, lastLsn };
  const found = await cursorsOf(placeOf("read cursors", undefined, log));
  return found.map(({ name, committedLsn, error }) => {
    if (error !== undefined) return { name, error: (error as Error).message };
    if (committedLsn === undefined) return { name };
    return { name, committedLsn, lag: Math.max(0, lastLsn - committedLsn) };
  });
}

/** Runs `act`; damage that it finds is added to `damages`. */
async function noting<Result>(
  damages: LogStatus["damages"][number][],
  act: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CorruptLogError)) throw error;
    const { segment: file, offset, reason } = error;
    damages.push({ file, offset, reason });
  }
}

/** The same as of a log in a directory, as far as both have it. */
export function toLogStatus(
  { survey, end, cursors, damages }: ObjectStatus,
): LogStatus {
  const { strays, bytes, compacted } = survey;
  const none = { fenced: [], originals: [], unfinished: [] };
  return {
    lock: { state: "free" },
    ...(end !== undefined && { extent: extentOf(end) }),
    ...{ segments: compacted.length, bytes, cursors, damages, snapshots: [] },
    others: { ...none, obsolete: [], replaced: [], strays },
  };
}

function extentOf({ firstLsn, lastLsn, time }: RuleState) {
  return {
    ...{ firstLsn, lastLsn, durableLsn: lastLsn, isClosed: false },
    records: lastLsn - firstLsn + 1,
    ...(time > 0 && { newestTime: time }),
  };
}

/** A line for each problem, or one that says there is none; then the rest. */
export function describeObjectStatus(
  status: ObjectStatus,
  problems: readonly Problem[],
  now: number,
): string[] {
  const { survey, end } = status;
  const records = end === undefined ? 0 : extentOf(end).records;
  const size = `${formatRecords(records)}, ${formatSize(survey.bytes)}`;
  return [
    ...problems.map(({ level, message }) =>
      printable(`${level.toUpperCase()}: ${message}`)
    ),
    ...(problems.length === 0 ? [`OK: ${size}`] : []),
    "",
    formatTable(rowsOf(status, now).map((row) => row.map(printable))),
  ];
}

function rowsOf(
  { survey, end, uncompacted, fences, cursors, window }: ObjectStatus,
  now: number,
): string[][] {
  const objects = survey.compacted.length;
  return [
    ...(end === undefined ? [["records", "unknown"]] : recordRows(end, now)),
    [
      "epoch",
      `${survey.epoch}` +
      (window === undefined
        ? ""
        : `; up to ${formatAmount(window, "slot")} in flight`),
    ],
    [
      "slots",
      `${end?.slot ?? "unknown"}; ${uncompacted} not compacted, ` +
      formatAmount(fences, "fence"),
    ],
    [
      "storage",
      `${formatSize(survey.bytes)}; ${
        formatAmount(objects, "compacted object")
      }`,
    ],
    ...cursors.map((cursor) => [
      "cursor",
      `${cursor.name} ${describeCursor(cursor)}`,
    ]),
    ...survey.strays.map((key) => ["stray", key]),
  ];
}

function recordRows(end: RuleState, now: number): string[][] {
  const { firstLsn, lastLsn, time } = end;
  const range = formatRange(firstLsn, lastLsn);
  const records = range === ""
    ? `none; the next is LSN ${lastLsn + 1}`
    : `${formatRecords(lastLsn - firstLsn + 1)}, ${range}; all durable`;
  if (time === 0) return [["records", records]];
  return [["records", records], ["last", `${formatAge(now - time)} ago`]];
}

/** A status as `--json` shows it; docs/cli.md lists its names. */
export function objectStatusToJson(
  status: ObjectStatus,
  problems: readonly Problem[],
  now: number,
) {
  const { survey, window, end, uncompacted, fences, cursors } = status;
  const { epoch, bytes, compacted, strays } = survey;
  return {
    state: stateOf(problems),
    problems,
    ...(end !== undefined && {
      firstLsn: end.firstLsn,
      lastLsn: end.lastLsn,
      records: end.lastLsn - end.firstLsn + 1,
      ...(end.time > 0 && {
        newestTime: new Date(end.time).toISOString(),
        ageMs: Math.max(0, now - end.time),
      }),
    }),
    ...{ bytes, epoch, window, slots: end?.slot, uncompacted, fences },
    ...{ compacted: compacted.length, cursors, strays },
  };
}
