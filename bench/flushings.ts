import type { WalOptions } from "../wal_options.ts";

/** Where a log's flushes happen. */
export interface Flushing {
  readonly name: string;
  /** The options of `Wal.open` that say so. */
  readonly options: WalOptions;
}

/** Every way to flush that experiments compare. */
export const flushings: readonly Flushing[] = [
  { name: "inline", options: {} },
];

/** The way of that name. */
export function flushingOf(name: string): Flushing {
  return flushings.find((one) => one.name === name)!;
}
