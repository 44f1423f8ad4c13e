/** A bug, and the test that is there to catch it. */
export interface Mutant {
  /** What the library does then. */
  readonly name: string;
  /** How it is planted; each text to find occurs once. */
  readonly edits: readonly {
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
  /** The test that has to fail. */
  readonly caughtBy: { readonly file: string; readonly name: string };
}

/** The file of most crash tests. */
export const CRASH = "tests/recovery/crash_test.ts";

/** The crash test of logs that sync each flush. */
export const full: Mutant["caughtBy"] = {
  file: CRASH,
  name: "Wal loses nothing acknowledged: full, LeaderCommitPolicy",
};

/** The crash test of logs that sync at intervals. */
export const normal: Mutant["caughtBy"] = {
  file: CRASH,
  name: "Wal loses nothing acknowledged: normal, LeaderCommitPolicy",
};
