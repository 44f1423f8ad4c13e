/** A situation that all contenders are put into. */
export interface Case {
  /** What `--case` calls it. */
  readonly name: string;
  /** What the table calls it. */
  readonly title: string;
  /** Bytes of each record. */
  readonly bytes: number;
  /** Who asks: callers that each await their ack, or one with batches. */
  readonly kind: "callers" | "batches";
  /** How many callers there are, or how many records a batch has. */
  readonly width: number;
}

/**
 * Not 1024: on Linux 6.18 with ext4 a file that grows by exactly 1 MiB at a time
 * took 560 to 770 MB/s, and one that grows by 40 bytes more 1,100 to 1,400. That
 * would measure who has such a write, as the floors had, and not who is fast.
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

/** All cases; each record is durable on disk before its ack. */
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
