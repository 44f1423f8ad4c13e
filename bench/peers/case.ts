import type { OptionRule } from "../report/options.ts";

/** A workload that all contenders get. */
export interface Case {
  /** What `--case` calls it. */
  readonly name: string;
  /** What the table calls it. */
  readonly title: string;
  /** Bytes of each record. */
  readonly bytes: number;
  /** Callers that each await their ack, or one caller that appends batches. */
  readonly kind: "callers" | "batches";
  /** The number of callers, or of records in a batch. */
  readonly width: number;
}

/**
 * Not 1024: on Linux 6.18 with ext4, a file that grows by exactly 1 MiB at a time
 * took 560 to 770 MB/s, and one that grows by 40 bytes more 1,100 to 1,400 MB/s.
 * That would measure which contender happens to make such writes, as the floors
 * did, and not which one is fast.
 */
const KILOBYTE = 1000;

function callers(name: string, bytes: number, width: number): Case {
  const size = bytes === KILOBYTE ? "1 KB" : `${bytes} B`;
  const title = `${size} C=${width}`;
  return { name, title, bytes, kind: "callers", width };
}

function batches(name: string, title: string, width: number): Case {
  return { name, title, bytes: 100, kind: "batches", width };
}

/** All cases. In each of them a record is on disk before its ack. */
export const cases: readonly Case[] = [
  callers("c1", 100, 1),
  callers("c64", 100, 64),
  callers("c1024", 100, 1024),
  callers("k64", KILOBYTE, 64),
  callers("k1024", KILOBYTE, 1024),
  batches("b64", "batch 64", 64),
  batches("b1024", "batch 1024", 1024),
  batches("bulk", "bulk 2000", 2000),
];

/** The option that chooses cases. */
export const caseOption = {
  value: "NAME",
  help: `one of ${cases.map(({ name }) => name).join(", ")}; default: all`,
  many: true,
} as const satisfies OptionRule;
