import type { FlushReport } from "../policies/batch_policy.ts";
import type { Arrival } from "../simulator/arrivals.ts";
import type { Simulation } from "../simulator/simulation.ts";
import type { Course } from "./outcome.ts";

/** Puts flushes, and what a run says of its appends, into columns. */
export function recordCourse(
  flushes: readonly FlushReport[],
  { latencies }: Simulation,
  recordsOf: Iterable<Arrival> | undefined,
): Course {
  const course: Course = {
    arrivedAt: new Float64Array(latencies.length),
    end: new Float64Array(flushes.length),
    startedAt: new Float64Array(flushes.length),
    writtenAt: new Float64Array(flushes.length),
    durableAt: new Float64Array(flushes.length),
  };
  const appends = recordsOf?.[Symbol.iterator]();
  let end = 0;
  flushes.forEach((flush, index) => {
    const first = end;
    end += countAppends(flush.records, appends);
    course.end[index] = end;
    course.startedAt[index] = flush.startedAt;
    course.writtenAt[index] = flush.writtenAt;
    course.durableAt[index] = flush.durableAt;
    for (let append = first; append < end; append++) {
      course.arrivedAt[append] = flush.durableAt - latencies[append];
    }
  });
  return course;
}

/** How many appends so many records are; one each, unless appends say so. */
function countAppends(
  records: number,
  appends: Iterator<Arrival> | undefined,
): number {
  if (appends === undefined) return records;
  let count = 0;
  for (let taken = 0; taken < records; count++) {
    const { done, value } = appends.next();
    if (done) break;
    taken += value.records ?? 1;
  }
  return count;
}
