import {
  formatSegmentName,
  hex,
  type Manifest,
} from "../../storage/format/mod.ts";
import type { FoundSegment } from "./find_segments.ts";
import { lostContents } from "./lost_contents.ts";
import {
  type ChainState,
  entryLink,
  type SalvagePlan,
  SegmentPlanner,
} from "./plan_segment.ts";

/** What is known about a log, apart from its segments. */
export interface KnownLog {
  /** Where it is, for messages. */
  location: string;
  /** Its manifest, if there is one. */
  manifest: Manifest | undefined;
}

/**
 * Decides what is kept of a log and where its holes are; pure. The planned log
 * has no damage, and segments without damage stay as they are.
 */
export function planSalvage(
  found: readonly FoundSegment[],
  known: KnownLog,
): SalvagePlan {
  const { manifest } = known;
  const plan: SalvagePlan = {
    rewrites: [],
    foreign: [],
    damages: [],
    records: 0,
    lastLsn: 0,
    durableLsn: manifest?.durableLsn ?? 0,
    time: manifest?.time ?? 0,
  };
  const segments = found.filter((segment) =>
    !putAside(plan, segment, manifest)
  );
  let place = fillBefore(plan, segments[0], known);
  let time = 0;
  for (const [index, segment] of segments.entries()) {
    const previous = place?.link ?? entryLink(segment) ?? 0;
    const entry = { previous, time };
    const planner = new SegmentPlanner(plan, segment, entry, manifest);
    place = planner.plan(segments[index + 1]);
    time = Math.max(time, ...segment.runs.map((run) => run.time));
  }
  plan.time = Math.max(plan.time, time);
  plan.lastLsn = place === undefined
    ? (manifest?.firstLsn ?? 1) - 1
    : Math.max(place.nextLsn - 1, (manifest?.firstLsn ?? 1) - 1);
  plan.durableLsn = Math.min(plan.durableLsn, plan.lastLsn);
  compareLink(plan, place, known);
  forgetDropped(plan, manifest);
  return plan;
}

/** Leaves out a segment of another log, or a copy under a wrong name. */
function putAside(
  plan: SalvagePlan,
  found: FoundSegment,
  manifest: Manifest | undefined,
): boolean {
  if (found.isForeign === undefined) return false;
  const { segment, path, headerFault = "" } = found;
  const { name, firstLsn } = segment;
  const contents = lostContents(segment, found.end, manifest);
  plan.foreign.push(name);
  plan.damages.push({
    path,
    segment: name,
    offset: 0,
    reason: `${headerFault}; ${contents.text}`,
    firstLsn,
    lastLsn: firstLsn - 1,
    ...(contents.isUnknown && { lossUnknown: true }),
  });
  return true;
}

/** Plans a hole for records that are missing before the first segment. */
function fillBefore(
  plan: SalvagePlan,
  first: FoundSegment | undefined,
  { location, manifest }: KnownLog,
): ChainState | undefined {
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
    time: 0,
    pieces: [{ kind: "hole", firstLsn, previous: 0, hole }],
    replaces: false,
  });
  plan.damages.push({
    path: location,
    segment: "",
    offset: 0,
    reason: first === undefined
      ? "the manifest says that the log has them, but no segment does"
      : `the first segment begins at record ${nextLsn}, but the oldest ` +
        `record kept is ${firstLsn}`,
    firstLsn,
    lastLsn: nextLsn - 1,
  });
  return { nextLsn, previous: resumes, link: resumes };
}

/** Does not count records that a checkpoint had dropped as lost. */
function forgetDropped(
  { damages }: SalvagePlan,
  manifest: Manifest | undefined,
): void {
  const low = manifest?.firstLsn ?? 1;
  for (const damage of damages) {
    damage.firstLsn = Math.max(damage.firstLsn, low);
    damage.lastLsn = Math.max(damage.lastLsn, damage.firstLsn - 1);
  }
}

/** Reports a closed log whose last frame is not the one it closed with. */
function compareLink(
  plan: SalvagePlan,
  place: ChainState | undefined,
  { location, manifest }: KnownLog,
): void {
  if (manifest === undefined || !manifest.closed || place === undefined) return;
  const { durableLsn, link } = manifest;
  if (plan.lastLsn !== durableLsn || place.link === link) return;
  plan.damages.push({
    path: location,
    segment: "",
    offset: 0,
    reason: `the last frame has checksum ${hex(place.link)}, but the log ` +
      `was closed with ${hex(link)}`,
    firstLsn: durableLsn + 1,
    lastLsn: durableLsn,
  });
}
