import type { FrameLog } from "../storage/frame_log.ts";
import { Background } from "../writer/background.ts";
import { type Clock, wallTime } from "../writer/clock.ts";
import type { Listeners } from "../writer/listeners.ts";
import type { Writer } from "../writer/writer.ts";
import {
  type Alert,
  type AlertOptions,
  type Thresholds,
  thresholdsOf,
} from "./alert_options.ts";
import {
  type AlertFigures,
  clear,
  decideAlerts,
  type RaisedAlerts,
} from "./decide_alerts.ts";

/** How often a log is looked at, at least, if it makes no flush. */
const CHECK_MS = 1000;

/** The least time between two looks that a flush does not cause. */
const LEAST_CHECK_MS = 10;

/** How often the storage is asked for what is not in memory. */
const FILES_MS = 10_000;

/** A log that is watched. */
export interface WatchedLog {
  /** What is watched. */
  readonly log: FrameLog;
  readonly writer: Writer;
  /** Its only source of time. */
  readonly clock: Clock;
  /** Those who want to know about alerts. */
  readonly listeners: Listeners<Alert>;
}

/** Watches a log, and reports what its thresholds do not allow. */
export class AlertWatch {
  readonly #watched: WatchedLog;
  readonly #stopListening: (() => void)[];
  #thresholds: Thresholds;
  #raised: RaisedAlerts = new Map();
  #checks: Background;
  readonly #fileChecks: Background;
  /** The slowest flush since the last check, in ms. */
  #slowestMs = 0;
  /** The most records that waited after a flush since then. */
  #mostQueued = 0;
  #freeBytes: number | undefined;
  #cursors: ReadonlyMap<string, number> = new Map();

  /** Begins at once. */
  constructor(
    watched: WatchedLog,
    options: AlertOptions,
    segmentBytes: number,
  ) {
    this.#watched = watched;
    this.#thresholds = thresholdsOf(options, segmentBytes);
    const { stats, health } = watched.writer;
    this.#stopListening = [
      stats.listeners.add((flush) => this.#onEnd(flush)),
      // Some are not part of a flush.
      stats.syncListeners.add((sync) => this.#onEnd(sync)),
      health.listeners.add(() => this.#decide()),
    ];
    this.#checks = this.#check();
    this.#fileChecks = new Background(
      watched.clock,
      FILES_MS,
      () => this.#checkFiles(),
    );
  }

  /** The alerts that are raised. */
  get raised(): Alert[] {
    return [...this.#raised.values()].map(({ alert }) => alert);
  }

  /** Applies other thresholds; what is raised stays so until it is cleared. */
  async configure(options: AlertOptions, segmentBytes: number): Promise<void> {
    this.#thresholds = thresholdsOf(options, segmentBytes);
    await this.#checks.stop();
    this.#checks = this.#check();
  }

  /** Looks at what is not in memory, for the first time. */
  begin(): Promise<void> {
    return this.#checkFiles();
  }

  /** Ends it, and what is raised: nobody would report its end. */
  async end(): Promise<void> {
    const at = wallTime(this.#watched.clock);
    for (const alert of this.raised) {
      this.#watched.listeners.tell(clear(alert, at));
    }
    await this.stop();
  }

  /** Ends it. */
  async stop(): Promise<void> {
    for (const stop of this.#stopListening) stop();
    this.#watched.writer.health.trouble("stall", undefined);
    await Promise.all([this.#checks.stop(), this.#fileChecks.stop()]);
  }

  #check(): Background {
    const { clock } = this.#watched;
    const half = Math.max(LEAST_CHECK_MS, this.#thresholds.stallMs / 2);
    return new Background(
      clock,
      Math.min(CHECK_MS, half),
      () => this.#decide(),
    );
  }

  /** A flush or a sync has ended. */
  #onEnd({ startedAt, endedAt }: { startedAt: number; endedAt: number }): void {
    const thresholds = this.#thresholds;
    const took = endedAt - startedAt;
    this.#slowestMs = Math.max(this.#slowestMs, took);
    this.#mostQueued = Math.max(this.#mostQueued, this.#queuedRecords);
    // What is raised already can wait for the next check.
    const isNew = took > thresholds.flushMs && !this.#raised.has("flushMs") ||
      took > thresholds.stallMs && !this.#raised.has("stallMs") ||
      this.#mostQueued > thresholds.queuedRecords &&
        !this.#raised.has("queuedRecords");
    if (isNew) this.#decide();
  }

  get #queuedRecords(): number {
    const { queuedRecords, waitingRecords } = this.#watched.writer.load;
    return queuedRecords + waitingRecords;
  }

  #decide(): void {
    const { writer, listeners } = this.#watched;
    const { stallMs } = this.#thresholds;
    // A change of health decides too, before this goes on.
    writer.health.trouble(
      "stall",
      this.#busyMs > stallMs
        ? `a write or sync has not returned for more than ${stallMs} ms`
        : undefined,
    );
    const decided = decideAlerts(
      this.#raised,
      this.#takeFigures(),
      this.#thresholds,
    );
    this.#raised = decided.raised;
    for (const alert of decided.changes) listeners.tell(alert);
  }

  /** Ms since the write or sync in progress began; 0 if there is none. */
  get #busyMs(): number {
    const { writer, clock } = this.#watched;
    return Math.max(0, clock.now() - writer.stats.busySince) || 0;
  }

  #takeFigures(): AlertFigures {
    const { log, writer: { health }, clock } = this.#watched;
    const slowestMs = this.#slowestMs;
    const queuedRecords = Math.max(this.#mostQueued, this.#queuedRecords);
    this.#slowestMs = 0;
    this.#mostQueued = 0;
    return {
      now: clock.now(),
      at: wallTime(clock),
      queuedRecords,
      flushMs: slowestMs,
      stallMs: Math.max(this.#busyMs, slowestMs),
      storedBytes: log.storedBytes ?? 0,
      freeBytes: this.#freeBytes,
      cursors: this.#cursors,
      troubles: health.now.reasons,
    };
  }

  /** What the storage does not say this time stays as it was. */
  async #checkFiles(): Promise<void> {
    const { log, writer } = this.#watched;
    const { files } = log;
    const { freeBytes, cursorLagRecords } = this.#thresholds;
    try {
      if (files?.space !== undefined && freeBytes > 0) {
        this.#freeBytes = (await files.space())?.freeBytes;
      }
      const hasCursors = (files ?? log.cursors) !== undefined;
      if (hasCursors && cursorLagRecords < Infinity) {
        const { cursorsOf, placeOf } = await import("../reader/cursors/mod.ts");
        const cursors = placeOf("watch cursors", files, log);
        const durableLsn = writer.reached("disk");
        this.#cursors = new Map(
          (await cursorsOf(cursors)).flatMap(({ name, committedLsn }) =>
            committedLsn === undefined
              ? []
              : [[name, Math.max(0, durableLsn - committedLsn)]]
          ),
        );
      }
    } catch {
      // An alert about alerts would help nobody; reads report such errors.
    }
    this.#decide();
  }
}
