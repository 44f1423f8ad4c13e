import type { FoundSegment } from "./find_runs.ts";
import { entryLink, type Place, SegmentPlanner } from "./plan_segment.ts";
import type { SalvagePlan } from "./salvage_plan.ts";

/**
 * Decides what is kept of a log and where its holes are; pure. What it makes
 * has no damage left, and what has none stays as it is.
 */
export function planSalvage(found: readonly FoundSegment[]): SalvagePlan {
  const plan: SalvagePlan = { rewrites: [], damages: [], records: 0 };
  let place: Place | undefined;
  for (const [index, segment] of found.entries()) {
    const previous = place?.joint ?? entryLink(segment) ?? 0;
    const planner = new SegmentPlanner(plan, segment, previous);
    place = planner.plan(found[index + 1]);
  }
  return plan;
}
