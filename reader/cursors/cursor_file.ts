import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import {
  formatCursorName,
  FormatVersionError,
} from "../../storage/format/mod.ts";
import {
  CURSOR_BYTES,
  type CursorCommit,
  type CursorState,
  decodeCursor,
  encodeCommit,
  encodeCursor,
  encodeMark,
  freeSlot,
} from "../../storage/format/companions/mod.ts";
import {
  randomNumber,
  readFully,
  removeQuietly,
} from "../../storage/segments/mod.ts";
import {
  type OpenMode,
  type Storage,
  type StorageFile,
  writeAll,
} from "../../storage/storage.ts";
import {
  explainFull,
  isMissing,
  StorageError,
} from "../../storage/storage_error.ts";
import type { CursorKeeper, Position } from "./cursor_place.ts";

/** How often the unfinished file of a new cursor may be removed. */
const MOST_TRIES = 10;

/**
 * A cursor's file, as one consumer uses it: it remembers what it wrote, so that
 * it notices the commit of another one. The file is open only during a call.
 *
 * A commit overwrites only what is older than the last commit that is known to
 * be durable, or what this consumer tried in vain. So no crash and no failed
 * sync takes back what was durable, even if a killed process had left a commit
 * that was never synced.
 */
export class CursorFile implements CursorKeeper {
  readonly #files: Storage;
  readonly #cursor: string;
  readonly #log: string;
  readonly #consumer: number;
  #seen: CursorCommit | undefined;
  /** Number of the last commit that is certainly durable. */
  #confirmed = 0;

  /** A file of the log whose id is `log`; touches nothing. */
  constructor(files: Storage, cursor: string, log: string) {
    this.#files = files;
    this.#cursor = cursor;
    this.#log = log;
    this.#consumer = randomNumber(files);
  }

  /**
   * Reads the position, or creates the file with the one that `choose` returns.
   * When it resolves, the file's entry is durable.
   */
  async open(
    choose: () => Position,
  ): Promise<Position & { readonly isDurable: boolean }> {
    for (let tries = 1;; tries++) {
      try {
        const state = await this.#read("read", (_, state) => state);
        const { newest, confirmed } = state;
        this.#seen = newest;
        this.#confirmed = confirmed;
        return { ...newest, isDurable: newest.sequence === confirmed };
      } catch (error) {
        if (!isMissing(error) || tries > MOST_TRIES) throw error;
      }
      await this.#create(choose());
    }
  }

  /**
   * Commits a position; it is durable when this resolves. Rejects with
   * {@linkcode CursorMovedError} if another consumer has committed since.
   */
  async commit(position: Position): Promise<void> {
    try {
      await this.#read(
        "write",
        (file, state) => this.#write(file, state, position),
      );
    } catch (error) {
      throw explainFull(error);
    }
  }

  async #write(
    file: StorageFile,
    state: CursorState,
    position: Position,
  ): Promise<void> {
    const { newest } = state;
    // After a commit that failed, it may or may not be there.
    const isMine = newest.consumer === this.#consumer ||
      newest.sequence === this.#seen?.sequence &&
        newest.consumer === this.#seen.consumer;
    if (!isMine) throw new CursorMovedError(this.#cursor, newest.lsn);
    const confirmed = Math.max(state.confirmed, this.#confirmed);
    const commit = {
      ...this.#make(position),
      sequence: newest.sequence + 1,
      confirmed,
    };
    const isFailed = ({ consumer, sequence }: CursorCommit) =>
      consumer === this.#consumer && sequence > this.#confirmed;
    const free = freeSlot(state, confirmed, isFailed);
    if (free === undefined) return await this.#replace(state, commit);
    await writeAll(file, encodeCommit(commit), free);
    await file.datasync();
    await this.#confirm(file, commit);
  }

  /**
   * Puts a new file in its place. Until that is durable, the old one may come
   * back, so the new one says where that can be.
   */
  async #replace(
    { newest, places }: CursorState,
    commit: CursorCommit,
  ): Promise<void> {
    const files = this.#files;
    const name = formatCursorName(this.#cursor);
    const lowest = {
      ...newest,
      lsn: Math.min(...places),
      sequence: commit.confirmed,
      confirmed: commit.confirmed,
    };
    const temporary = await this.#makeFile(lowest, commit);
    try {
      await files.rename(temporary, name);
    } catch (error) {
      await removeQuietly(files, temporary);
      throw error;
    }
    await files.syncDirectory();
    const file = await files.open(name, "write");
    try {
      await this.#confirm(file, commit);
    } finally {
      await file.close();
    }
  }

  /** Remembers that a commit is durable, and marks it. */
  async #confirm(file: StorageFile, commit: CursorCommit): Promise<void> {
    this.#seen = commit;
    this.#confirmed = commit.sequence;
    const { bytes, offset } = encodeMark(commit);
    try {
      // It is true already, so it need not be durable, nor even be written.
      await writeAll(file, bytes, offset);
    } catch {
      // The next commit declares it.
    }
  }

  /** Creates the file, unless another consumer does it first. */
  async #create(position: Position): Promise<void> {
    const files = this.#files;
    try {
      const temporary = await this.#makeFile(this.#make(position));
      try {
        await files.link(temporary, formatCursorName(this.#cursor));
      } finally {
        await removeQuietly(files, temporary);
      }
    } catch (error) {
      // An opening may remove an unfinished file: then it is made again.
      if (!isTaken(error) && !isMissing(error)) throw explainFull(error);
    }
    await files.syncDirectory();
  }

  /** Makes a synced file under a name of its own; resolves with that. */
  async #makeFile(...commits: CursorCommit[]): Promise<string> {
    const files = this.#files;
    const suffix = this.#consumer.toString(16).padStart(8, "0");
    const name = `${formatCursorName(this.#cursor)}.${suffix}.tmp`;
    // What an earlier try may have left.
    await removeQuietly(files, name);
    try {
      const file = await files.open(name, "create");
      try {
        await writeAll(file, encodeCursor(...commits), 0);
        await file.datasync();
      } finally {
        await file.close();
      }
      return name;
    } catch (error) {
      await removeQuietly(files, name);
      throw error;
    }
  }

  #make({ lsn, epoch }: Position): CursorCommit {
    const consumer = this.#consumer;
    return {
      log: this.#log,
      sequence: 1,
      lsn,
      epoch,
      confirmed: 1,
      consumer,
    };
  }

  async #read<Result>(
    mode: OpenMode,
    use: (file: StorageFile, state: CursorState) => Result | Promise<Result>,
  ): Promise<Result> {
    const file = await this.#files.open(formatCursorName(this.#cursor), mode);
    try {
      const state = await readState(this.#files, this.#cursor, file);
      if (state.newest.log !== this.#log) {
        throw new ForeignCursorError(pathOf(this.#files, this.#cursor));
      }
      return await use(file, state);
    } finally {
      await file.close();
    }
  }
}

/** Reads what a cursor's file says. */
export async function readCursor(
  files: Storage,
  cursor: string,
): Promise<CursorState> {
  const file = await files.open(formatCursorName(cursor), "read");
  try {
    return await readState(files, cursor, file);
  } finally {
    await file.close();
  }
}

async function readState(
  files: Storage,
  cursor: string,
  file: StorageFile,
): Promise<CursorState> {
  const found = decodeCursor(await readFully(file, 0, CURSOR_BYTES));
  if (!("fault" in found)) return found;
  const path = pathOf(files, cursor);
  const { fault, expected, found: actual } = found;
  if (fault === "version") {
    throw new FormatVersionError(path, actual, expected);
  }
  const reason = `cursor ${fault}: expected ${expected}, found ${actual}`;
  throw new CorruptLogError(path, 0, reason);
}

function pathOf({ location }: Storage, cursor: string): string {
  return `${location}/${formatCursorName(cursor)}`;
}

function isTaken(error: unknown): boolean {
  return error instanceof StorageError && error.code === "EEXIST";
}

/**
 * Thrown if another consumer has committed to the same cursor since this one
 * read it: two consumers would undo each other's progress. Nothing was changed.
 */
export class CursorMovedError extends Error {
  /** The class's name. */
  override readonly name = "CursorMovedError";

  /** Creates the error for one cursor. */
  constructor(
    /** The cursor's name. */
    readonly cursor: string,
    /** LSN that the other consumer has committed. */
    readonly committedLsn: number,
  ) {
    super(
      `Cannot commit to cursor "${cursor}" because another consumer has ` +
        `committed record ${committedLsn} in the meantime: only one consumer ` +
        "at a time may use a cursor; open the cursor again to take over",
    );
  }
}

/** Thrown if a cursor's file is from another log. */
export class ForeignCursorError extends Error {
  /** The class's name. */
  override readonly name = "ForeignCursorError";

  /** Creates the error for one file. */
  constructor(
    /** The path of the cursor's file. */
    readonly path: string,
  ) {
    super(
      `Cannot use "${path}" because it is a cursor of another log: its LSNs ` +
        "mean other records; move it away",
    );
  }
}
