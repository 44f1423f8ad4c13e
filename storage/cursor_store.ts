/** Durable cursors of a log that is not in files. */
export interface CursorStore {
  /** The newest commit to cursor `name`; `undefined` if there is none. */
  read(name: string): Promise<CursorEntry | undefined>;
  /**
   * Makes the commit `entry`, durable once it resolves; the one before had the
   * number `sequence - 1`. Resolves with false if another consumer made a commit
   * of that number, or a later one. A repetition with the same content succeeds.
   */
  commit(name: string, entry: CursorEntry): Promise<boolean>;
  /** The names of all cursors. */
  list(): Promise<string[]>;
}

/** A commit to a durable cursor. */
export interface CursorEntry {
  /** Its number; the first one is 1. */
  readonly sequence: number;
  /** What it says. */
  readonly content: Uint8Array;
}
