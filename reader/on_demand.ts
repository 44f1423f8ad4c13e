/**
 * What readers load when it is asked for, and all of it at once: in a bundle,
 * parts that share much would make many small files.
 *
 * @module
 */
export { beginSpecially, requireTime } from "./begin_specially.ts";
export { findByTime } from "./find_by_time.ts";
export { BatchFollower, RecordFollower } from "./follow.ts";
export { LiveTail } from "../writer/live_tail.ts";
