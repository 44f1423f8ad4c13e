import type { CommitPipeline, FrameDraft } from "../../storage/frame_log.ts";
import type { LogMeta } from "../../storage/format/log_meta.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { decode, FakeFrameLog } from "./fake_frame_log.ts";

/** A commit in progress, or one that has ended. */
export interface FakeCommit {
  readonly firstLsn: number;
  readonly lastLsn: number;
  /** The metadata that the frame carries. */
  readonly meta: LogMeta | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A frame log whose commits overlap, and end when the test says so. */
export class PipelinedFrameLog extends FakeFrameLog {
  readonly pipeline: CommitPipeline;
  /** All commits, in the order in which they began. */
  readonly commits: FakeCommit[] = [];
  /** Those that have not ended, in that order. */
  readonly inFlight: FakeCommit[] = [];
  /** The most that were in progress at a time. */
  mostInFlight = 0;
  /** Calls that a pipelined log must not get while commits are in progress. */
  readonly stray: string[] = [];
  meta: LogMeta | undefined;
  /** The time of the frame that was committed last. */
  time = 0;

  constructor(depth: number, lastLsn = 0) {
    super({ lastLsn });
    this.syncedLsn = lastLsn;
    this.pipeline = { depth, commit: (frame) => this.#commit(frame) };
  }

  /** Lets the oldest commit succeed, if there is one. */
  override step(): void {
    this.inFlight[0]?.resolve();
  }

  override append(frame: FrameDraft): void {
    this.stray.push(`append ${frame.firstLsn}`);
  }

  override sync(): void {
    this.stray.push("sync");
  }

  override checkOwner(): void {
    this.stray.push("checkOwner");
  }

  // deno-lint-ignore require-await
  async truncateAfter(lsn: number): Promise<void> {
    if (this.inFlight.length > 0) this.stray.push(`cut at ${lsn}`);
    this.calls.push(`cut at ${lsn}`);
    while ((this.frames.at(-1)?.firstLsn ?? 0) > lsn) this.frames.pop();
    this.lastLsn = lsn;
    this.syncedLsn = lsn;
  }

  // deno-lint-ignore require-await
  async setMeta(meta: LogMeta): Promise<void> {
    this.calls.push(`setMeta ${meta.version}`);
    this.meta = meta;
  }

  #commit(frame: FrameDraft): Promise<number | void> {
    const { firstLsn, count, meta } = frame;
    const lastLsn = firstLsn + count - 1;
    this.calls.push(`commit ${firstLsn}-${lastLsn}`);
    const time = 1000 + lastLsn;
    return new Promise((resolve, reject) => {
      const end = () => {
        const index = this.inFlight.indexOf(commit);
        if (index >= 0) this.inFlight.splice(index, 1);
      };
      const commit: FakeCommit = {
        ...{ firstLsn, lastLsn, meta },
        resolve: () => {
          end();
          // Only now, so that a buffer that is used again too early shows.
          this.frames.push(decode(frame));
          this.lastLsn = Math.max(this.lastLsn, lastLsn);
          this.syncedLsn = this.lastLsn;
          this.time = Math.max(this.time, time);
          resolve(time);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      this.commits.push(commit);
      this.inFlight.push(commit);
      this.mostInFlight = Math.max(this.mostInFlight, this.inFlight.length);
    });
  }
}

/** Opens a log on a {@linkcode PipelinedFrameLog} and a virtual clock. */
export async function openPipelined(depth: number, options: WalOptions = {}) {
  const log = new PipelinedFrameLog(depth);
  const clock = new VirtualClock();
  const wal = await Wal.open(log, { clock, ...options });
  return { wal, log, clock };
}
