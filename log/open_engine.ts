import { argumentError } from "../argument.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import type { LogEngine } from "../storage/log_engine.ts";
import { requireFiles } from "../storage/no_directory_error.ts";
import type { CheckedOptions, WalOptions } from "../wal_options.ts";
import { wallTime } from "../writer/clock.ts";

/** Options as a caller gave them. */
type GivenOptions = WalOptions<never, unknown>;

/**
 * Options that mean nothing in an engine: what may be given instead, and which
 * values that is true of, besides none.
 */
const REFUSED: readonly (readonly [
  name: keyof GivenOptions,
  rule: string,
  accepted?: unknown,
])[] = [
  ["storage", "absent because an engine is not a path"],
  ["segmentBytes", "absent because an engine has no segments"],
  ["reserveBytes", "absent because an engine has no reserve file"],
  ["takeOver", "true or absent because an engine always takes over", true],
  ["recovery", '"tail" or absent because an engine repairs nothing', "tail"],
  ["flushing", '"inline" or absent because an engine has no thread', "inline"],
  ["status", "false or absent because an engine has no status file", false],
  ["atExit", '"warn" or absent because an engine cannot block', "warn"],
];

/**
 * Opens a log in an engine. Options that it cannot fulfill are refused before
 * that, because an opening displaces the owner: `TypeError`, or
 * `NoDirectoryError` for what needs files.
 */
export async function openEngine(
  engine: LogEngine,
  given: GivenOptions,
  { firstLsn, warn, clock }: CheckedOptions,
): Promise<FrameLog> {
  const action = "open a log in an engine";
  for (const [name, rule, accepted] of REFUSED) {
    const { [name]: value } = given;
    if (value === undefined || value === accepted) continue;
    throw argumentError(action, name, rule, value, false);
  }
  const bytes = given.retention?.bytes;
  if (bytes !== undefined) {
    const rule = "absent because an engine has no segments";
    throw argumentError(action, "retention.bytes", rule, bytes, false);
  }
  if (given.archive !== undefined) requireFiles("archive", undefined);
  if (given.autoCheckpoint !== undefined) requireFiles("checkpoint", undefined);
  const time = () => wallTime(clock);
  return await engine.openLog({ firstLsn, warn, time });
}
