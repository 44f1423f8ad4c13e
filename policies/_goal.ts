import type { ArrivalGroups } from "./_arrivals_seen.ts";
import type { FlushReport, PendingBatch } from "./batch_policy.ts";

/** What an adaptive policy aims at: it learns when batches are due. */
export interface Goal {
  /** When a batch is due; the same for the same batch until `observe`. */
  due(batch: PendingBatch): number;
  /**
   * Learns from a flush and the arrivals of its records, of which `ready` were
   * there when it could first have been made. Batches may have `mostRecords`.
   */
  observe(
    flush: FlushReport,
    groups: ArrivalGroups,
    ready: number,
    mostRecords: number,
  ): void;
}
