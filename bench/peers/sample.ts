import type { RuntimeName } from "../process/runtime.ts";
import type { Measured } from "./stopwatch.ts";

/** One measurement of one contender in one case, in one round. */
export interface Sample extends Measured {
  readonly runtime: RuntimeName;
  readonly contender: string;
  readonly situation: string;
  readonly round: number;
}

/** A contender that runs here, and what was seen of its syncs. */
export interface Entrant {
  readonly runtime: RuntimeName;
  readonly contender: string;
  readonly version: string;
  readonly how: string;
  /** `"yes"`, `"no"`, `"5 of 18"`, or `"not checked"`. */
  readonly syncs: string;
}
