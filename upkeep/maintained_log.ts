import type {
  Checkpoint,
  CheckpointOptions,
  WriteSnapshot,
} from "../checkpoint/checkpoint.ts";
import type { LogSource } from "../reader/log_source.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import type { Clock } from "../writer/clock.ts";
import type { Writer } from "../writer/writer.ts";

/** How long what is no longer wanted may go on while others wait, in ms. */
export const PATIENCE_MS = 5000;

/** What the background work of a log uses of it. */
export interface MaintainedLog {
  /** What it is made of. */
  readonly log: FrameLog;
  /** Its writer. */
  readonly writer: Writer;
  /** The same, as readers see it. */
  readonly source: LogSource;
  /** Its time. */
  readonly clock: Clock;
  /** LSN of the last record when it was opened. */
  readonly openedLsn: number;
  /** Receives what somebody should know. */
  warn(message: string): void;
  /** Runs `act` while nothing else drops records or cuts them off. */
  alone<Result>(act: () => Promise<Result>): Promise<Result>;
  /**
   * LSN below which records may be dropped if those below `lsn` should be;
   * `blocked` receives what prevents it for no good reason.
   */
  hold(lsn: number, blocked: (message: string) => void): Promise<number>;
  /** Makes a checkpoint. */
  checkpoint(
    write: WriteSnapshot,
    options: CheckpointOptions,
  ): Promise<Checkpoint>;
}

/** What went wrong, for the end of a sentence. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    // Anything can be thrown, even what has no text.
    return "it threw something without a message";
  }
}
