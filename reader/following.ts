import { requireOptions } from "../argument.ts";
import type { MaybePromise } from "../storage/storage.ts";
import { type AckLevel, requireAckLevel } from "../writer/acks.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { ReadTracker } from "./open_read.ts";
import { requireSignal } from "./require_signal.ts";
import {
  END,
  isLater,
  type Next,
  SerialGenerator,
} from "./serial_generator.ts";

/** Which records to follow. */
export interface FollowOptions {
  /**
   * LSN of the first record, at most one beyond the last record appended.
   * Default: the oldest record that the log still has.
   */
  from?: number | undefined;
  /**
   * What must be true of a record before it is handed out. Default: `"disk"`.
   */
  level?: AckLevel | undefined;
  /** Ends it: calls in progress and later ones reject with its reason. */
  signal?: AbortSignal | undefined;
}

const FOLLOW_OPTIONS: readonly (keyof FollowOptions)[] = [
  ...["from", "level", "signal"] as const,
];

/** Throws `TypeError` unless `options` can be followed with. */
export function checkFollowOptions(options: FollowOptions): void {
  requireOptions("follow", options, FOLLOW_OPTIONS);
  requireSignal("follow", options.signal);
  const { level = "disk" } = options;
  requireAckLevel("follow", "level", level);
}

/** A value, the end, or `undefined` to wait for more. */
export type Taken<Value> = MaybePromise<Next<Value>> | undefined;

/** What a {@linkcode Following} does, loaded when it is asked for. */
export interface Follower<Value> {
  /** Takes the next value. */
  take(): Taken<Value>;
  /** Ends it as soon as it would wait: at once, if it waits. */
  stop(): void;
  /** Ends it, and resolves when its files are closed. */
  end(): Promise<void>;
}

/** Makes what is done for a {@linkcode Following}. */
export type MakeFollower<Value> = (
  following: Following<Value>,
) => MaybePromise<Follower<Value>>;

/**
 * What `follow` returns. What it does is loaded with the first call of `next`,
 * so that logs that nobody follows do without it.
 */
export class Following<Value> extends SerialGenerator<Value> {
  readonly #tracker: ReadTracker;
  readonly #make: MakeFollower<Value>;
  #follower: Follower<Value> | undefined;
  #isStopped = false;

  /** Tells `tracker` while it loads. */
  constructor(tracker: ReadTracker, make: MakeFollower<Value>) {
    super();
    this.#tracker = tracker;
    this.#make = make;
  }

  /** Ends it, and any call that waits, and closes its files. */
  override return(): Promise<Next<Value>> {
    this.#stop();
    return super.return();
  }

  /** Does the same, and rejects with `error`. */
  override throw(error: unknown): Promise<Next<Value>> {
    this.#stop();
    return super.throw(error);
  }

  protected override take(): Taken<Value> {
    return this.#follower === undefined ? this.#begin() : this.#follower.take();
  }

  protected override async end(): Promise<void> {
    await this.#follower?.end();
  }

  #begin(): Taken<Value> {
    if (this.#isStopped) return END;
    const { isClosed, loading } = this.#tracker;
    if (isClosed) throw new LogClosedError("follow");
    const making = this.#make(this);
    if (!isLater(making)) return this.#beginWith(making);
    loading.add(making);
    return making.finally(() => loading.delete(making))
      .then((follower) => this.later(this.#beginWith(follower)));
  }

  #beginWith(follower: Follower<Value>): Taken<Value> {
    this.#follower = follower;
    if (this.#isStopped) follower.stop();
    return follower.take();
  }

  #stop(): void {
    this.#isStopped = true;
    this.#follower?.stop();
  }
}
