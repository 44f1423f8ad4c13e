import type { BatchLimits } from "../../policies/batch_policy.ts";
import type { PolicyTrace } from "./policy_run.ts";

/** Instants are sums of rounded numbers. */
const ROUNDING_MS = 1e-6;

/** Describes how a trace breaks a rule; `undefined` if it does not. */
export type TraceRule = (trace: PolicyTrace) => string | undefined;

/** LSNs count from 1 in call order, and acknowledgements keep that order. */
export const orderIsKept: TraceRule = ({ entries, acked }) => {
  let next = 1;
  for (const { records, first, last } of entries) {
    const end = next + records - 1;
    if (first !== undefined && (first !== next || last !== end)) {
      return `LSNs ${first} to ${last}, not ${next} to ${end}`;
    }
    next = end + 1;
  }
  const late = acked.findIndex(({ first }, index) =>
    index > 0 && first! < acked[index - 1].first!
  );
  if (late < 0) return undefined;
  return `${acked[late].first} acknowledged after ${acked[late - 1].first}`;
};

/** Acknowledged records are durable. */
export const noAckIsEarly: TraceRule = ({ acked }) => {
  const early = acked.find(({ last, durableLsn }) => last! > durableLsn!);
  return early &&
    `${early.last} acknowledged when ${early.durableLsn} was durable`;
};

/** All records of an entry are in one frame. */
export const batchesStayWhole: TraceRule = ({ acked, frames }) => {
  const torn = acked.find(({ first, last }) =>
    !frames.some((frame) => frame.firstLsn <= first! && last! <= frame.lastLsn)
  );
  return torn && `${torn.first} to ${torn.last} are not in one frame`;
};

/** Nothing is left waiting at the end. */
export const allIsDrained: TraceRule = ({ left, entries }) =>
  left > 0 ? `${left} of ${entries.length} appends still wait` : undefined;

/**
 * No frame exceeds the limits, unless it holds a single entry. If they changed,
 * the highest ones count.
 */
export const limitsAreKept: TraceRule = ({ acked, frames, limits }) => {
  const highest = (key: keyof BatchLimits) =>
    Math.max(...limits.map((read) => read?.[key] ?? Infinity));
  const [records, bytes] = [highest("records"), highest("bytes")];
  const beyond = frames.find((frame) => {
    const count = frame.lastLsn - frame.firstLsn + 1;
    const isAlone = acked.some(({ first, last }) =>
      first === frame.firstLsn && last === frame.lastLsn
    );
    // Written so that no frame keeps a limit that is not a number.
    return !(count <= records && frame.bytes <= bytes) && !isAlone;
  });
  return beyond &&
    `${beyond.firstLsn} to ${beyond.lastLsn}, of ${beyond.bytes} bytes, in ` +
      `one frame under limits of ${records} records and ${bytes} bytes`;
};

/** Each entry is acknowledged at most `ms` after it arrived. */
export function waitsAtMost(ms: number): TraceRule {
  return ({ entries }) => {
    const index = entries.findIndex(({ at, ackedAt = Infinity }) =>
      ackedAt - at > ms + ROUNDING_MS
    );
    if (index < 0) return undefined;
    const { at, ackedAt } = entries[index];
    return ackedAt === undefined
      ? `append ${index + 1}, at ${at} ms, was not acknowledged`
      : `append ${index + 1}, at ${at} ms, was acknowledged at ${ackedAt} ms`;
  };
}
