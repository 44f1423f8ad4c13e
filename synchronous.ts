import type { AckLevel } from "./ack_level.ts";

/**
 * When a log syncs, and with that the level of appends that name none:
 *
 * - `"full"`: acks at `"disk"`, so each flush is synced;
 * - `"normal"`: acks at `"os"`, and syncs within `syncIntervalMs`;
 * - `"off"`: acks at `"os"`, and leaves the syncs to `flush()` and `close()`.
 *
 * In each mode a segment is synced before the next one begins, as only the last
 * one may be torn, and an append that asks for `"disk"` gets its sync. Named
 * after SQLite's `PRAGMA synchronous`.
 */
export type Synchronous = "full" | "normal" | "off";

/** The level of appends that name none. */
export const DEFAULT_ACK: Readonly<Record<Synchronous, AckLevel>> = {
  full: "disk",
  normal: "os",
  off: "os",
};
