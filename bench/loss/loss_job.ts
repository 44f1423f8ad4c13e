import type { Flushing } from "../../writer/flush_mode.ts";

/** How the process that is killed uses its log. */
export interface LossJob {
  /** The name of a level. */
  readonly level: string;
  readonly flushing: Flushing;
  /** The policy, in short notation. */
  readonly policy: string;
  /** Records per second. */
  readonly rate: number;
}

/** Bytes of a record. */
const RECORD_BYTES = 100;

/** The record of that LSN. */
export function numbered(lsn: number): string {
  return `${lsn}`.padEnd(RECORD_BYTES);
}
