import type { LogIdentity } from "../../storage/segments/mod.ts";

/** Where a consumer is. */
export interface Position {
  /** LSN of the last record that needs not be seen again. */
  readonly lsn: number;
  /** The log's epoch when that record was read. */
  readonly epoch: number;
}

/** A cursor as one consumer uses it: it notices the commits of another one. */
export interface CursorKeeper {
  /**
   * Reads the position, or creates the cursor with the one that `choose`
   * returns, durably. `isDurable` says whether a crash cannot take it back.
   */
  open(
    choose: () => Position,
  ): Promise<Position & { readonly isDurable: boolean }>;
  /**
   * Commits a position; it is durable when this resolves. Rejects with
   * `CursorMovedError` if another consumer has committed since.
   */
  commit(position: Position): Promise<void>;
}

/** How far a cursor is. */
export interface CursorReading {
  /** Id of the log that it is a cursor of. */
  readonly log: string;
  /** LSN of the last commit. */
  readonly lsn: number;
  /** The LSNs of which a crash can leave the cursor at one. */
  readonly places: readonly number[];
}

/** A part of a log: its first LSN and its bytes. */
export interface SizedPart {
  readonly firstLsn: number;
  readonly bytes: number;
}

/** Where the cursors of a log are kept. */
export interface CursorPlace {
  /** Where the log is, for messages. */
  readonly location: string;
  /** Which log it is now. */
  identify(): Promise<LogIdentity>;
  /** Cursor `name` of the log whose id is `log`; touches nothing. */
  keeper(name: string, log: string): CursorKeeper;
  /** How far a cursor is; `undefined` if there is none of that name. */
  read(name: string): Promise<CursorReading | undefined>;
  /** The names of all cursors. */
  list(): Promise<string[]>;
  /** Where a cursor is, for messages. */
  pathOf(name: string): string;
  /** The parts of the log in order; none if their sizes are not known. */
  sizes(): Promise<SizedPart[]>;
}
