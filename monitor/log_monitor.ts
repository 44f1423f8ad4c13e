import { REQUEST_NAME, STATUS_NAME } from "../storage/format/mod.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import type { Storage } from "../storage/storage.ts";
import { Background } from "../writer/background.ts";
import { type Clock, wallTime } from "../writer/clock.ts";
import { Listeners } from "../writer/listeners.ts";
import type { Writer } from "../writer/writer.ts";
import type { Alert, AlertOptions } from "./alert_options.ts";
import type { AlertWatch } from "./alert_watch.ts";
import type { StatusWriter } from "./status_writer.ts";
import type { WalStats } from "./wal_stats.ts";

/** How often a log looks whether anyone asks for its status. */
const STATUS_MS = 1000;

/** The options of a log that say what is reported about it. */
export interface MonitorOptions {
  /** The log's only source of time. */
  readonly clock: Clock;
  /** Absent for no alerts. */
  readonly alerts?: AlertOptions | undefined;
  /** Absent for a status if its storage makes that cheap. */
  readonly status?: boolean | undefined;
  /** Maximum size of a segment. */
  readonly segmentBytes: number;
}

/** How a log is, for its status. */
export interface Monitored {
  stats(): WalStats;
  readonly settings: object;
}

/**
 * Reports how a log is: by alerts, and in the status that other processes ask
 * for. Both are loaded when they are needed.
 */
export class LogMonitor {
  /** Those who want to know about alerts. */
  readonly listeners: Listeners<Alert> = new Listeners();
  readonly #log: FrameLog;
  readonly #writer: Writer;
  readonly #monitored: Monitored;
  #alerts: AlertOptions | undefined;
  #watch: AlertWatch | undefined;
  #status: StatusWriter | undefined;
  #polls: Background | undefined;
  /** What watches the log changes one call after the other. */
  #turn: Promise<void> = Promise.resolve();

  /** Monitors nothing yet. */
  constructor(log: FrameLog, writer: Writer, monitored: Monitored) {
    this.#log = log;
    this.#writer = writer;
    this.#monitored = monitored;
  }

  /** Begins; a status that a crash has left is removed. */
  async begin(options: MonitorOptions): Promise<void> {
    const { files } = this.#log;
    const { status = files?.exists !== undefined, clock } = options;
    await this.configure(options);
    if (!status || files === undefined) return;
    if (await exists(files, STATUS_NAME, false)) {
      await (await this.#loadStatus(files, clock)).clean();
    }
    // All logs of a process look at the same time: it wakes up once for them.
    const untilNext = () => STATUS_MS - clock.now() % STATUS_MS;
    const poll = async () => {
      await this.#look(files, clock);
      return untilNext();
    };
    this.#polls = new Background(clock, STATUS_MS, poll, untilNext());
  }

  /** Applies the options for alerts; resolves once they are watched. */
  configure(options: MonitorOptions): Promise<void> {
    if (options.alerts === this.#alerts) return this.#turn;
    this.#alerts = options.alerts;
    this.#turn = this.#turn.then(() => this.#apply(options));
    return this.#turn;
  }

  /** Ends it; nothing more is reported once it resolves. */
  async stop(): Promise<void> {
    const polled = this.#polls?.stop();
    await this.#turn;
    await this.#watch?.stop();
    await polled;
    await this.#status?.hide();
  }

  /** Shows the status if it is asked for. */
  async #look(files: Storage, clock: Clock): Promise<void> {
    const mayBeAsked = this.#status !== undefined ||
      await exists(files, REQUEST_NAME, true);
    if (!mayBeAsked) return;
    const status = await this.#loadStatus(files, clock).catch(() => {});
    await status?.look();
  }

  async #apply(options: MonitorOptions): Promise<void> {
    const { alerts, segmentBytes, clock } = options;
    if (alerts === undefined) {
      await this.#watch?.end();
      this.#watch = undefined;
      return;
    }
    if (this.#watch !== undefined) {
      return await this.#watch.configure(alerts, segmentBytes);
    }
    const { AlertWatch } = await import("./alert_watch.ts");
    this.#watch = new AlertWatch(
      {
        log: this.#log,
        writer: this.#writer,
        clock,
        listeners: this.listeners,
      },
      alerts,
      segmentBytes,
    );
    await this.#watch.begin();
  }

  async #loadStatus(files: Storage, clock: Clock): Promise<StatusWriter> {
    if (this.#status !== undefined) return this.#status;
    const { StatusWriter } = await import("./status_writer.ts");
    const { formatStatus } = await import("./live_status.ts");
    this.#status = new StatusWriter(files, {
      log: this.#log,
      time: () => wallTime(clock),
      describe: (frame) => {
        const alerts = this.#watch?.raised ?? [];
        const { settings } = this.#monitored;
        const stats = this.#monitored.stats();
        return formatStatus({ ...frame, alerts }, stats, settings);
      },
    });
    return this.#status;
  }
}

/** Whether there is a file; `otherwise` if the storage does not tell. */
async function exists(
  files: Storage,
  name: string,
  otherwise: boolean,
): Promise<boolean> {
  try {
    return await files.exists?.(name) ?? otherwise;
  } catch {
    return false;
  }
}
