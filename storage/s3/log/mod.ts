/**
 * A log on object storage.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export { examineObjects } from "./examine_objects.ts";
export { findClaim, findEnd } from "./find_end.ts";
export { ObjectCursors } from "./object_cursors.ts";
export type { ExaminedRun, ObjectReport } from "./object_report.ts";
export { readIdentity } from "./open_object_log.ts";
export { readForward } from "./read_forward.ts";
export { hexOf } from "./slot_object.ts";
export type { RuleState } from "./slot_rule.ts";
export { type ObjectSurvey, surveyObjects } from "./survey_objects.ts";
