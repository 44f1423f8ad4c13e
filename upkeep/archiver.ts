import {
  CursorFile,
  CursorMovedError,
  type Position,
} from "../reader/cursors/mod.ts";
import { ARCHIVE_CURSOR } from "../storage/format/mod.ts";
import type { SealedSegment } from "../storage/frame_log.ts";
import { identifyLog } from "../storage/segments/mod.ts";
import { Background } from "../writer/background.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import { describeSegment } from "./archived_segment.ts";
import {
  type MaintainedLog,
  messageOf,
  PATIENCE_MS,
} from "./maintained_log.ts";
import type { ArchiveHook } from "./upkeep_options.ts";

/** How often it looks for sealed segments, in ms. */
const POLL_MS = 1000;

/** How long it waits after a failure: first, and at most, in ms. */
const RETRY_MS = 1000;
const MOST_RETRY_MS = 60_000;

/** How far the archive is. */
interface Progress {
  /** LSN of the last record that is archived. */
  readonly lsn: number;
  /** How often the log had been cut back before that record was read. */
  readonly cuts: number;
}

/**
 * Hands each sealed segment of a log to a hook, one after the other, and notes
 * durably how far it is. Until then it holds back everything that follows.
 */
export class Archiver {
  readonly #log: MaintainedLog;
  readonly #hook: ArchiveHook;
  readonly #background: Background;
  readonly #stopping = new AbortController();
  #file: CursorFile | undefined;
  /** What is certainly durable; absent until it was read. */
  #progress: Progress | undefined;
  #failures = 0;
  /** The segment that is being archived, for messages. */
  #current: string | undefined;
  /** Whether it has given up waiting: what the hook does now does not count. */
  #isOver = false;

  /** Begins at once. */
  constructor(log: MaintainedLog, hook: ArchiveHook) {
    this.#log = log;
    this.#hook = hook;
    const run = () => this.#run();
    this.#background = new Background(log.clock, POLL_MS, run, 0);
  }

  /** LSN of the first record that must not be dropped yet. */
  get heldFrom(): number {
    const archivedLsn = this.#archivedLsn;
    return archivedLsn === undefined ? 0 : archivedLsn + 1;
  }

  /**
   * Tells the hook to end, and waits until it has, but not for long: a segment
   * whose hook has not ended by then is handed over again by the next opening.
   */
  async stop(): Promise<void> {
    this.#stopping.abort(new LogClosedError("archive"));
    await this.#background.stop(PATIENCE_MS);
    this.#isOver = true;
  }

  /** What is archived and part of the log: a cut may have taken some back. */
  get #archivedLsn(): number | undefined {
    if (this.#progress === undefined) return undefined;
    const { lsn, cuts } = this.#progress;
    return Math.min(lsn, this.#log.source.lowestSince(cuts));
  }

  /** Archives what there is; returns when to try again if that fails. */
  async #run(): Promise<number | void> {
    const { log, writer: { health } } = this.#log;
    const { signal } = this.#stopping;
    try {
      this.#file ??= await this.#open();
      while (!signal.aborted) {
        const [segment] = log.sealedSegments!(this.heldFrom);
        if (segment === undefined) break;
        await this.#archive(segment);
      }
      if (!signal.aborted) health.trouble("archive", undefined);
    } catch (error) {
      if (signal.aborted) return;
      const what = this.#current === undefined
        ? "Segments are"
        : `Segment "${this.#current}" is`;
      health.trouble("archive", `${what} not archived: ${messageOf(error)}`);
      return Math.min(MOST_RETRY_MS, RETRY_MS * 2 ** this.#failures++);
    }
  }

  /** Reads how far it is. */
  async #open(): Promise<CursorFile> {
    const { log, source, warn } = this.#log;
    const files = log.files!;
    const { cuts } = source;
    const identity = await identifyLog(files);
    const { firstLsn, lastLsn } = log;
    const { epoch } = identity;
    const file = new CursorFile(files, ARCHIVE_CURSOR, identity.log);
    const place = await file.open(() => ({ lsn: firstLsn - 1, epoch }));
    const lsn = Math.min(place.lsn, identity.lowestSince(place.epoch), lastLsn);
    if (!place.isDurable) await file.commit({ lsn, epoch });
    if (lsn + 1 < firstLsn) {
      warn(
        `records ${lsn + 1} to ${firstLsn - 1} of "${files.location}" were ` +
          "dropped before they were archived",
      );
    }
    this.#progress = { lsn: Math.max(lsn, firstLsn - 1), cuts };
    return file;
  }

  async #archive(segment: SealedSegment): Promise<void> {
    const { log, source } = this.#log;
    const { signal } = this.#stopping;
    this.#current = segment.name;
    const { epoch = 0 } = log;
    const { cuts } = source;
    const described = await describeSegment(segment, log.files!, signal);
    await this.#hook(described);
    if (this.#isOver) return;
    const lsn = Math.min(segment.lastLsn, source.lowestSince(cuts));
    await this.#commit({ lsn, epoch });
    this.#progress = { lsn, cuts };
    this.#current = undefined;
    this.#failures = 0;
  }

  async #commit(position: Position): Promise<void> {
    try {
      await this.#file!.commit(position);
    } catch (error) {
      if (!(error instanceof CursorMovedError)) throw error;
      // The owner before this one has finished a segment only now.
      await this.#log.log.checkOwner();
      this.#file = await this.#open();
      await this.#file.commit(position);
    }
  }
}
