import type { Flushing } from "../writer/flush_mode.ts";

/** Where a log is flushed, if nothing is said about it. */
export const DEFAULT_FLUSHING: Flushing = "inline";
