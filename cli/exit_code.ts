/** What the tool's exit codes mean. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** It did not work, or the log is damaged. */
  failure: 1,
  /** The arguments make no sense. */
  usage: 2,
} as const;

const NUMBERS: Record<string, number | undefined> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGTERM: 15,
};

/** The exit code of a process that `signal` ended, as shells count it. */
export function signalExitCode(signal: unknown): number {
  return 128 + (NUMBERS[String(signal)] ?? 2);
}
