import type {
  BatchPolicy,
  FlushReport,
  PendingBatch,
} from "../../policies/batch_policy.ts";

/** A policy that notes every flush and otherwise acts like the one it wraps. */
export class ObservingPolicy implements BatchPolicy {
  /** What each flush did, in order. */
  readonly flushes: FlushReport[] = [];
  /** How often `due` was asked. */
  asked = 0;
  readonly whenIdle: BatchPolicy["whenIdle"];
  readonly #policy: BatchPolicy;

  /** Wraps `policy`. */
  constructor(policy: BatchPolicy) {
    this.#policy = policy;
    this.whenIdle = policy.whenIdle;
  }

  get limits(): BatchPolicy["limits"] {
    return this.#policy.limits;
  }

  /** Records of each flush. */
  get sizes(): number[] {
    return this.flushes.map(({ records }) => records);
  }

  /** Another policy of the same log, of which it notes the same. */
  also(policy: BatchPolicy): BatchPolicy {
    return {
      get limits() {
        return policy.limits;
      },
      whenIdle: policy.whenIdle,
      due: (batch, now) => {
        this.asked++;
        return policy.due(batch, now);
      },
      observe: (flush, queuedRecords) => {
        this.flushes.push(flush);
        policy.observe?.(flush, queuedRecords);
      },
    };
  }

  due(batch: PendingBatch, now: number): number {
    this.asked++;
    return this.#policy.due(batch, now);
  }

  observe(flush: FlushReport, queuedRecords: number): void {
    this.flushes.push(flush);
    this.#policy.observe?.(flush, queuedRecords);
  }
}
