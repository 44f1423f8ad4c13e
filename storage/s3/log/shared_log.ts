import type { LogMeta } from "../../format/log_meta.ts";
import type { ObjectStore } from "../object_store.ts";
import type { LogIdentity } from "./log_identity.ts";
import type { RuleState } from "./slot_rule.ts";

/** A log as its parts share it: reads, lookups, removal, compaction. */
export interface SharedLog {
  /** Repeats what fails. */
  readonly store: ObjectStore;
  /** What never changes about the log. */
  readonly identity: LogIdentity;
  /** What is known after the last slot that is known to be final. */
  readonly state: RuleState;
  /** The log's metadata after that slot; `undefined` if there is none. */
  readonly meta: LogMeta | undefined;
}

/** A log as its owner shares it. */
export interface OwnedLog extends SharedLog {
  /**
   * The highest slot that may be removed, if it is not a fence and not
   * `state.metaSlot`: whoever opens the log next restores what was known after
   * this slot, or a later one, and reads on from there. A slot that is missing
   * after that one looks free.
   */
  readonly removableSlot: number;
}
