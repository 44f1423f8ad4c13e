import { parsePolicy } from "../policies/parse_policy.ts";
import type { Batching } from "../storage/frame_log.ts";
import type { CheckedOptions } from "../wal_options.ts";

/**
 * Sets the policy of a log that says what a flush should gather; returns its
 * notation.
 */
export function choosePolicy(
  { limitMs, limitBytes }: Batching,
  options: CheckedOptions,
): string {
  const notation = `age:${limitMs},bytes:${limitBytes}`;
  options.policy = parsePolicy(notation);
  return notation;
}
