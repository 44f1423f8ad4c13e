import { hex } from "../storage/format/frame.ts";
import type { Manifest } from "../storage/format/manifest.ts";
import { formatSegmentName } from "../storage/format/segment_name.ts";
import type { FoundSegment } from "./find_runs.ts";
import { entryLink, type Place, SegmentPlanner } from "./plan_segment.ts";
import type { SalvagePlan } from "./salvage_plan.ts";

/** What is known of a log besides its segments. */
export interface KnownLog {
  /** Where it is, for messages. */
  location: string;
  /** Its manifest, if there is one. */
  manifest: Manifest | undefined;
}

/**
 * Decides what is kept of a log and where its holes are; pure. What it makes
 * has no damage left, and what has none stays as it is.
 */
export function planSalvage(
  found: readonly FoundSegment[],
  known: KnownLog,
): SalvagePlan {
  const { manifest } = known;
  const plan: SalvagePlan = {
    rewrites: [],
    damages: [],
    records: 0,
    lastLsn: 0,
    durableLsn: manifest?.durableLsn ?? 0,
    time: manifest?.time ?? 0,
  };
  let place = fillBefore(plan, found[0], known);
  for (const [index, segment] of found.entries()) {
    const previous = place?.joint ?? entryLink(segment) ?? 0;
    const planner = new SegmentPlanner(plan, segment, previous, manifest);
    place = planner.plan(found[index + 1]);
    for (const { time } of segment.runs) plan.time = Math.max(plan.time, time);
  }
  plan.lastLsn = place === undefined
    ? (manifest?.firstLsn ?? 1) - 1
    : Math.max(place.nextLsn - 1, (manifest?.firstLsn ?? 1) - 1);
  plan.durableLsn = Math.min(plan.durableLsn, plan.lastLsn);
  compareLink(plan, place, known);
  return plan;
}

/** Records from the low mark on that the log had, and no segment has. */
function fillBefore(
  plan: SalvagePlan,
  first: FoundSegment | undefined,
  { location, manifest }: KnownLog,
): Place | undefined {
  if (manifest === undefined) return undefined;
  const { firstLsn, durableLsn, closed, link } = manifest;
  const nextLsn = first?.segment.firstLsn ?? durableLsn + 1;
  if (nextLsn <= firstLsn) return undefined;
  const epoch = first?.segment.epoch ?? manifest.epoch;
  const name = formatSegmentName(firstLsn, epoch);
  const resumes = first === undefined
    ? (closed ? link : 0)
    : entryLink(first) ?? 0;
  const hole = { resumes, lost: nextLsn - firstLsn };
  plan.rewrites.push({
    segment: { name, firstLsn, epoch },
    previous: 0,
    pieces: [{ kind: "hole", firstLsn, previous: 0, hole }],
    replaces: false,
  });
  plan.damages.push({
    path: location,
    segment: "",
    offset: 0,
    reason: first === undefined
      ? "the manifest says that they were durable, and no segment has them"
      : `the first segment begins at record ${nextLsn}, but the oldest ` +
        `record kept is ${firstLsn}`,
    firstLsn,
    lastLsn: nextLsn - 1,
  });
  return { nextLsn, previous: resumes, joint: resumes };
}

/** A log that was closed ends with the frame that it was closed with. */
function compareLink(
  plan: SalvagePlan,
  place: Place | undefined,
  { location, manifest }: KnownLog,
): void {
  if (manifest === undefined || !manifest.closed || place === undefined) return;
  const { durableLsn, link } = manifest;
  if (plan.lastLsn !== durableLsn || place.joint === link) return;
  plan.damages.push({
    path: location,
    segment: "",
    offset: 0,
    reason: `the last frame has checksum ${hex(place.joint)}, but the log ` +
      `was closed with ${hex(link)}`,
    firstLsn: durableLsn + 1,
    lastLsn: durableLsn,
  });
}
