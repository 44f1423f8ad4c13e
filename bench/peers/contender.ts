import type { Buffer } from "node:buffer";
import type { Case } from "./case.ts";
import type { RuntimeName } from "../process/runtime.ts";

/*
 * What makes the comparison fair, and what does not:
 *
 * - The same records: random bytes, made before the clock starts, the same for
 *   all. Random, so that nobody gains by compression.
 * - The same durability: an ack comes after the data's sync, in each one's own
 *   safest ordinary setting. Before anything is measured, strace shows whether
 *   a sync really completes between an append and its ack.
 * - The same callers: one function drives all, and awaits what each returns.
 * - Whoever has no group commit gets one written by hand (`HandGroup`), which
 *   commits a turn's records together. Where a caller would also use it without,
 *   it is a contender of its own.
 * - A process of its own for each measurement, with a warm-up in it that is not
 *   counted. In each round all contenders of a case come directly after each
 *   other, beginning with another one each round. What is shown is the median
 *   of the rounds, and their spread; ratios to the floor are formed within a
 *   round, so that a disk that drifts moves both.
 * - The floor writes only the bytes of the records: no framing, no checksum, no
 *   promise. Nobody can be expected to reach it at 1024 callers.
 * - Not the same: a database keeps an index, and Redis is another process that
 *   has the second core. What they do beyond a log is not wanted here, and is
 *   paid for all the same.
 */

/** What is measured: a way to make records durable. */
export interface Contender {
  /** What `--only` and the tables call it. */
  readonly name: string;
  /** How its acks come to mean "on disk", in a few words. */
  readonly how: string;
  /** The npm packages whose versions matter. */
  readonly packages?: readonly string[];
  /** The kinds of cases that it takes part in. */
  readonly kinds: readonly Case["kind"][];
  /** Says, in the parent, what is missing here, if anything is. */
  missing?(runtime: RuntimeName): string | undefined;
  /** Opens a fresh store in an empty directory. */
  open(directory: string): Store | Promise<Store>;
}

/** An open store. What is returned and is no promise counts as done. */
export interface Store {
  /** Makes one record durable. */
  append?(record: Buffer): unknown;
  /** Makes records durable together. */
  appendAll?(records: readonly Buffer[]): unknown;
  /** Makes bytes durable that are laid out already: the floor alone. */
  writeGroup?(bytes: Buffer): unknown;
  /** Frees what it holds. */
  close(): unknown;
}
