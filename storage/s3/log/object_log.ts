import {
  requireInteger,
  requireMethod,
  requireOptions,
  requirePositive,
  requireType,
} from "../../../argument.ts";
import type { Batching, FrameLog } from "../../frame_log.ts";
import type {
  LogEngine,
  LogObserver,
  OpenLogOptions,
} from "../../log_engine.ts";
import type { ObjectStore } from "../object_store.ts";
import { RetryingStore, type RetryOptions } from "../retrying_store.ts";
import {
  COMPACTION_LIMITS,
  type CompactionLimits,
} from "./compaction/plan_compaction.ts";
import { ObjectFrameLog } from "./object_frame_log.ts";
import { ObservedObjectLog } from "./observed_object_log.ts";
import { openObjectLog, randomBytes } from "./open_object_log.ts";
import { hexOf } from "./slot_object.ts";

/** Options of {@linkcode ObjectLog}. */
export interface ObjectLogOptions {
  /**
   * Most flushes of a new log in progress at a time, from 1 to 64. More of them
   * write more per second while answers are slow, and make an opening create
   * more objects: twice as many. A log that exists keeps the window that it was
   * created with. Default: 4.
   */
  readonly window?: number | undefined;
  /** How calls on the store are repeated. Default: for up to 30 s. */
  readonly retry?: RetryOptions | undefined;
  /**
   * What a flush gathers if whoever opens the log names no policy: each one
   * costs a request. Default: 100 ms, or 4 MiB.
   */
  readonly batching?: Partial<Batching> | undefined;
  /**
   * When the objects of flushes are replaced by larger ones; `false` for never.
   * Default: at 64 objects, or 8 MiB.
   */
  readonly compaction?: Partial<CompactionLimits> | false | undefined;
  /** How often readers look for new records, in ms. Default: 250. */
  readonly pollMs?: number | undefined;
  /**
   * Returns a number from 0 up to, but not including, 1: the log's id and those
   * of its objects are made of it. Default: the runtime's secure one.
   */
  readonly random?: (() => number) | undefined;
}

const KNOWN = [
  ...["window", "retry", "batching", "compaction", "pollMs", "random"],
];

/**
 * A log on an object store: `Wal.open` opens it for writing, and
 * `WalReader.open` reads it from anywhere. Each flush creates an object, and is
 * durable once the store says so; `"os"` and `"disk"` are the same there.
 *
 * There is no lock. Opening always takes over, and any number of processes may
 * try: whoever opens last is the owner, and former owners acknowledge nothing
 * further. Their appends reject with a `LogFailedError`, whose cause is a
 * `FencedError`; if it is an `UnknownOutcomeError`, the records may turn up.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { MemoryObjectStore, ObjectLog } from "@syncline/wal/storage/s3";
 * import assert from "node:assert/strict";
 *
 * const store = new MemoryObjectStore(); // or await S3Store.open("s3://…")
 * const wal = await Wal.open(new ObjectLog(store));
 * await wal.append("survives the loss of this machine");
 * await wal.close();
 *
 * const again = await Wal.open(new ObjectLog(store));
 * assert.equal(again.lastLsn, 1);
 * await again.close();
 * ```
 */
export class ObjectLog implements LogEngine {
  /** Where the log is, for messages. */
  readonly location: string;
  readonly #store: ObjectStore;
  readonly #window: number;
  readonly #batching: Batching;
  readonly #compaction: CompactionLimits | false;
  readonly #pollMs: number;
  readonly #random: () => number;

  /**
   * Makes no call. `store` holds this log and nothing else. Throws a `TypeError`
   * or a `RangeError` if an option is invalid.
   */
  constructor(store: ObjectStore, options: ObjectLogOptions = {}) {
    const action = "make a log on an object store";
    requireMethod(action, "store", store, "create");
    requireOptions(action, options, KNOWN);
    const { window = 4, batching, compaction } = options;
    const { pollMs = 250, random = secureRandom } = options;
    this.#window = requireInteger(action, "window", window, 1, 64);
    if (batching !== undefined) {
      requireOptions(action, batching, ["limitMs", "limitBytes"]);
    }
    const { limitMs = 100, limitBytes = 4 * 1024 * 1024 } = batching ?? {};
    this.#batching = {
      limitMs: requirePositive(action, "limitMs", limitMs),
      limitBytes: requireInteger(action, "limitBytes", limitBytes),
    };
    this.#compaction = compaction !== false &&
      requireLimits(action, compaction);
    this.#pollMs = requirePositive(action, "pollMs", pollMs);
    requireType(action, "random", random, "function");
    this.#random = random;
    this.#store = new RetryingStore(store, options.retry);
    this.location = store.location;
  }

  /**
   * Opens the log, or creates it, and displaces its owner. Called by
   * `Wal.open`. Rejects with a `FencedError` if a later opening has overtaken
   * this one, and with a `CorruptLogError` if slots are damaged or missing.
   */
  async openLog(options: OpenLogOptions): Promise<FrameLog> {
    const { firstLsn, warn, time } = options;
    const opened = await openObjectLog({
      ...{ store: this.#store, window: this.#window, random: this.#random },
      ...{ firstLsn, time },
    });
    const batching = this.#batching;
    const compaction = this.#compaction;
    return new ObjectFrameLog(opened, { batching, compaction, warn });
  }

  /**
   * Looks at the log for the first time, and writes nothing. Called by
   * `WalReader.open`. Rejects with a `CorruptLogError` if slots are damaged or
   * missing.
   */
  async observeLog(): Promise<LogObserver> {
    const pollMs = this.#pollMs;
    const token = `reader-${hexOf(randomBytes(this.#random))}`;
    const log = new ObservedObjectLog(this.#store, { pollMs, token });
    try {
      await log.look();
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }
}

function requireLimits(
  action: string,
  limits: Partial<CompactionLimits> = {},
): CompactionLimits {
  requireOptions(action, limits, Object.keys(COMPACTION_LIMITS));
  const { slots, bytes, mergedBytes } = COMPACTION_LIMITS;
  return {
    slots: requireInteger(action, "slots", limits.slots ?? slots),
    bytes: requireInteger(action, "bytes", limits.bytes ?? bytes),
    mergedBytes: requireInteger(
      ...[action, "mergedBytes", limits.mergedBytes ?? mergedBytes] as const,
    ),
  };
}

function secureRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32;
}
