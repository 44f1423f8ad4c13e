import { describeLoss } from "../../recovery/salvage/mod.ts";
import {
  type ExaminedRun,
  examineObjects,
  hexOf,
  type ObjectReport,
} from "../../storage/s3/log/mod.ts";
import {
  type CliIo,
  EXIT,
  InterruptedError,
  writeLines,
} from "../io/cli_io.ts";
import {
  formatAmount,
  formatCount,
  formatRange,
  formatRecords,
} from "../io/format.ts";
import { noLogError } from "../io/log_directory.ts";
import { type ObjectPlace, openRetryingStore } from "../io/object_storage.ts";

/** What `wal verify --storage` does: exit code 1 if anything is damaged. */
export async function verifyObjects(
  place: ObjectPlace,
  json: boolean,
  io: CliIo,
): Promise<number> {
  const store = await openRetryingStore(place, io);
  const report = await examine(store, io);
  const isDamaged = report.damages.length > 0;
  if (report.identity === undefined && !isDamaged) {
    throw noLogError("verify", store);
  }
  const lines = json
    ? [JSON.stringify(reportToJson(report))]
    : describeReport(report);
  await writeLines(io, lines);
  return isDamaged ? EXIT.failure : EXIT.ok;
}

async function examine(
  store: Parameters<typeof examineObjects>[0],
  { interrupt }: CliIo,
): Promise<ObjectReport> {
  try {
    return await examineObjects(store, interrupt);
  } catch (error) {
    if (!interrupt.aborted) throw error;
    throw new InterruptedError(
      "interrupted before the whole log was read; nothing was changed",
    );
  }
}

function* describeReport(report: ObjectReport): Generator<string> {
  const { runs, damages, survey } = report;
  for (const run of runs) yield* describeRun(run);
  for (const { key, offset, reason } of damages) {
    yield `damaged  "${key}" at offset ${offset}: ${reason}`;
  }
  for (const key of survey.strays) {
    yield `warning  "${key}" does not belong to the log; it is left alone`;
  }
  yield conclude(report);
}

function* describeRun(run: ExaminedRun): Generator<string> {
  const { key, lastKey, frames, holes, marks, fences, voids } = run;
  const keys = lastKey === undefined || lastKey === key
    ? key
    : `${key} to ${lastKey}`;
  const parts = [
    formatRange(run.firstLsn, run.lastLsn) || "no records",
    ...(frames === 0 ? [] : [formatAmount(frames, "frame")]),
    ...(marks === 0 ? [] : [formatAmount(marks, "mark")]),
    ...(fences === 0 ? [] : [formatAmount(fences, "fence")]),
    ...(voids === 0 ? [] : [`${formatCount(voids)} of displaced owners`]),
  ];
  yield `${run.isDamaged ? "damaged" : "ok     "}  ${keys}  ${
    parts.join(", ")
  }`;
  for (const hole of holes) {
    yield `hole     ${keys}  ${describeLoss(hole)}; recorded by a repair, so ` +
      "not damage";
  }
}

/** The last line. */
function conclude({ damages, runs, records, lost }: ObjectReport) {
  if (damages.length > 0) {
    return `DAMAGED: ${formatAmount(damages.length, "object")}`;
  }
  const frames = runs.reduce((sum, run) => sum + run.frames, 0);
  return `OK: ${formatRecords(records)} in ${formatAmount(frames, "frame")}; ` +
    "every object is whole, and each one follows on the one before" +
    (lost === 0
      ? ""
      : `; ${formatRecords(lost)} lost, as recorded by a repair`);
}

/** The names are an interface, which docs/cli.md lists. */
function reportToJson({ damages, ...report }: ObjectReport) {
  const { identity, state, runs, survey, records, lost } = report;
  return {
    state: damages.length > 0 ? "damaged" : "ok",
    ...(identity !== undefined && { log: hexOf(identity.id) }),
    ...(state !== undefined && {
      firstLsn: state.firstLsn,
      lastLsn: state.lastLsn,
    }),
    ...{ records, lost, bytes: survey.bytes, epoch: survey.epoch },
    damages,
    objects: runs.map(({ isDamaged, ...run }) => ({
      ...run,
      damaged: isDamaged,
    })),
    strays: survey.strays,
  };
}
