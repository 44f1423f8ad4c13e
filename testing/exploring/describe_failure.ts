import { type CrashPath, formatPath } from "./crash_path.ts";
import type { CrashState } from "./crash_state.ts";
import { describeCall, describeDisk } from "./describe_disk.ts";
import { ExplorationError } from "../exploration_error.ts";
import type { Recording } from "./recording.ts";

/** How many calls are shown. */
const CALLS = 12;

/** The error for a check that threw `cause` at `state`, a crash of `life`. */
export function describeFailure<Fact>(
  path: CrashPath,
  { instants }: Recording<Fact>,
  { crash, storage, facts }: CrashState<Fact>,
  cause: unknown,
): ExplorationError {
  const replay = formatPath(path);
  const reason = cause instanceof Error ? cause.message : String(cause);
  const calls = instants.slice(0, crash.instant + 1)
    .map(({ next }, at) => `  ${at} ${describeCall(next)}`);
  const message = [
    `The check fails after a crash: ${reason}`,
    `replay: "${replay}"`,
    "calls of that life, the last one not made:",
    ...calls.slice(-CALLS),
    "facts:",
    ...facts.map((noted) => `  ${JSON.stringify(noted)}`),
    "disk:",
    describeDisk(storage),
  ];
  return new ExplorationError(message.join("\n"), replay, storage, { cause });
}
