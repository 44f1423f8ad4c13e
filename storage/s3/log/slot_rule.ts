/**
 * The reading rule: which objects of a log count. Readers, openings and the
 * writer itself go by it, from slot to slot without gaps.
 *
 * An object counts if no object before it has a higher epoch and, if it brings
 * records, it goes on with the next LSN. All others are void. What was once read
 * in this way never changes, because no slot before it can be filled again.
 *
 * @module
 */
import {
  emptyState,
  type SettledState,
  SLOT_KIND,
  type SlotHeader,
} from "./slot_object.ts";

/** What is known after a slot. */
export interface RuleState extends SettledState {
  /** The highest epoch up to that slot; 0 before the first one. */
  readonly epoch: number;
}

/** Why an object does not count. */
export type VoidReason =
  /** Its writer had been displaced. */
  | "older epoch"
  /** Its writer has sent it again in another slot. */
  | "sent again";

/** What an object means for the log. */
export type Verdict =
  | {
    /** It counts: `state` is what is known after it. */
    readonly kind: "counts";
    /** What is known after it. */
    readonly state: RuleState;
  }
  | {
    /** It does not count, and changes nothing but the slot. */
    readonly kind: "void";
    /** What is known after it. */
    readonly state: RuleState;
    /** Why. */
    readonly reason: VoidReason;
  }
  | {
    /** No writer can have made it by these rules. */
    readonly kind: "corrupt";
    /** What is wrong. */
    readonly reason: string;
  };

/** Judges the object in the slot after `state`. */
export function judgeSlot(state: RuleState, header: SlotHeader): Verdict {
  const { slot, epoch } = header;
  if (slot !== state.slot + 1) {
    return corrupt(`slot ${state.slot + 1} is missing before slot ${slot}`);
  }
  const passed = { ...state, slot };
  if (epoch < state.epoch) {
    return { kind: "void", state: passed, reason: "older epoch" };
  }
  const next = { ...passed, epoch };
  if (header.kind === SLOT_KIND.fence) return { kind: "counts", state: next };
  const told = {
    ...next,
    time: Math.max(state.time, header.time),
    ...(header.metaVersion > 0 && header.metaVersion >= state.metaVersion &&
      { metaSlot: slot, metaVersion: header.metaVersion }),
  };
  if (header.kind === SLOT_KIND.mark) {
    return header.firstLsn > state.lastLsn + 1
      ? corrupt(
        `it drops records up to ${header.firstLsn - 1}, ` +
          `but the log ends with ${state.lastLsn}`,
      )
      : { kind: "counts", state: dropTo(told, header) };
  }
  const expected = state.lastLsn + 1;
  if (header.firstLsn === expected) {
    const lastLsn = state.lastLsn + header.count;
    return { kind: "counts", state: { ...told, lastLsn } };
  }
  if (epoch > state.epoch) {
    return corrupt(
      `it begins with record ${header.firstLsn} instead of ${expected}`,
    );
  }
  return { kind: "void", state: passed, reason: "sent again" };
}

/**
 * A log never goes back: a mark may be sent again after a later one, and of two
 * that were made at the same time, the one that drops more may name an earlier
 * slot.
 */
function dropTo(
  state: RuleState,
  { firstLsn, firstSlot }: { firstLsn: number; firstSlot: number },
): RuleState {
  return {
    ...state,
    firstLsn: Math.max(state.firstLsn, firstLsn),
    firstSlot: Math.max(state.firstSlot, firstSlot),
  };
}

/**
 * What was known after `header.settled.slot`: whoever reads from the slot after
 * that one goes by the rule. Any object but a fence says so, even a void one:
 * its writer was the owner at that slot.
 */
export function restoreState(
  { epoch, settled }: { epoch: number; settled: SettledState },
): RuleState {
  return { ...settled, epoch };
}

/**
 * What was known before `state.firstSlot`, as far as it matters for reading on:
 * what is dropped is left out. `header` is that of the object there, which is
 * not looked at if nothing was ever dropped.
 */
export function stateBeforeFirst(
  state: RuleState,
  header: SlotHeader,
): RuleState {
  const { firstSlot, firstLsn } = state;
  const { kind } = header;
  const next = kind === SLOT_KIND.frame || kind === SLOT_KIND.hole
    ? header.firstLsn
    : firstLsn;
  return {
    ...emptyState(next),
    epoch: firstSlot === 1 ? 0 : header.epoch,
    slot: firstSlot - 1,
  };
}

function corrupt(reason: string): Verdict {
  return { kind: "corrupt", reason };
}
