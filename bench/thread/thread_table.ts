import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import type { Sample } from "../experiment.ts";
import { median } from "../report/statistics.ts";
import { setups } from "./setups.ts";
import {
  type Occasion,
  occasions,
  type ThreadFound,
  type ThreadJob,
} from "./thread_job.ts";

/** One measurement. */
export type ThreadSample = Sample<ThreadJob, ThreadFound>;

interface Column {
  readonly title: string;
  readonly figure: string;
  readonly format: (value: number) => string;
  /** Whether the largest of the rounds is shown too, in parentheses. */
  readonly hasWorst?: boolean;
  /** Whether it is divided by the figure of the setup "inline". */
  readonly isRatio?: boolean;
}

const percent = (share: number) =>
  Number.isFinite(share) ? `${(100 * share).toFixed(2)} %` : "-";
const mib = (value: number) => value.toFixed(1);
const us = (value: number) => Number.isFinite(value) ? value.toFixed(2) : "-";

const shares: readonly Column[] = [
  { title: "process CPU", figure: "processShare", format: percent },
  { title: "main thread", figure: "mainShare", format: percent },
  { title: "busiest other", figure: "busiestShare", format: percent },
];

const acks: readonly Column[] = [
  { title: "ack p50 ms", figure: "ackP50Ms", format: millis },
  { title: "ack p99 ms", figure: "ackP99Ms", format: millis },
];

const costs: readonly Column[] = [
  { title: "main us/record", figure: "mainUsPerRecord", format: us },
  { title: "process us/record", figure: "processUsPerRecord", format: us },
];

const rate: Column = {
  title: "records/s",
  figure: "recordsPerSecond",
  format: compact,
};

const longest: Column = {
  title: "longest delay ms",
  figure: "longestDelayMs",
  format: millis,
  hasWorst: true,
};

const looping: readonly Column[] = [
  rate,
  {
    title: "of inline",
    figure: "recordsPerSecond",
    format: us,
    isRatio: true,
  },
  { title: "records/flush", figure: "recordsPerFlush", format: compact },
  costs[0],
];

const COLUMNS: Readonly<Record<Occasion, readonly Column[]>> = {
  "64 callers": looping,
  "1024 callers": looping,
  "1024 callers of JSON": looping,
  "slow syncs": [
    rate,
    longest,
    { title: "p99.9 delay ms", figure: "p999DelayMs", format: millis },
    { title: "beats > 2 ms late", figure: "lateBeats", format: String },
    ...costs,
    { title: "waited for a CPU", figure: "mainWaitedShare", format: percent },
    ...acks,
    { title: "segments", figure: "segments", format: String },
  ],
  bursts: [rate, ...costs, ...acks],
  steady: [
    rate,
    ...shares,
    longest,
    ...acks,
  ],
  idle: shares,
  queued: [
    { title: "queued", figure: "queued", format: compact },
    { title: "RSS MiB", figure: "residentMiB", format: mib },
    { title: "buffers MiB", figure: "buffersMiB", format: mib },
    { title: "external MiB", figure: "externalMiB", format: mib },
    { title: "heap MiB", figure: "heapMiB", format: mib },
    {
      ...{ title: "peak RSS MiB", figure: "peakMiB" },
      ...{ format: mib, hasWorst: true },
    },
  ],
  "open and close": [
    { title: "first open ms", figure: "firstOpenMs", format: millis },
    { title: "open ms", figure: "openMs", format: millis },
    { title: "first ack ms", figure: "firstAckMs", format: millis },
    { title: "close ms", figure: "closeMs", format: millis },
  ],
};

const CAPTIONS: Readonly<Record<Occasion, string>> = {
  "64 callers": "64 callers await each append of 100 B:",
  "1024 callers": "1024 callers await each append of 100 B:",
  "1024 callers of JSON":
    "1024 callers make 500 B of JSON each, and await its append:",
  "slow syncs":
    "Each sync takes longer; delays of a timer of 1 ms, which also appends:",
  bursts: "The same, in bursts every 10 ms, and without that timer:",
  steady: "At a moderate rate, syncs as the disk has them:",
  idle: "Open, and idle:",
  queued: "Growth of memory by records that are queued at once:",
  "open and close": "Opening, the first ack, and closing:",
};

/** The largest of the rounds. */
export function largest(values: readonly number[]): number {
  return Math.max(...values);
}

/**
 * The figure of a setup over all rounds, their median by default; NaN if it was
 * not measured.
 */
export function figureOf(
  samples: readonly ThreadSample[],
  setup: string,
  figure: string,
  combine: (values: readonly number[]) => number = median,
): number {
  const values = samples.filter((sample) => sample.setup === setup)
    // What was not a number became null on its way through JSON.
    .map(({ figures }) => figures[figure] ?? NaN);
  return values.length === 0 ? NaN : combine(values);
}

/** A table for each occasion, as Markdown. */
export function formatThread(samples: readonly ThreadSample[]): string {
  return occasions.flatMap((occasion) => {
    const found = samples.filter((sample) => sample.occasion === occasion);
    const columns = COLUMNS[occasion];
    const rows = setups.filter(({ name }) =>
      found.some(({ setup }) => setup === name)
    ).map(({ name }) => [
      name,
      ...columns.map(({ figure, format, hasWorst, isRatio }) => {
        const value = figureOf(found, name, figure);
        const of = isRatio ? figureOf(found, "inline", figure) : 1;
        const middle = format(value / of);
        if (!hasWorst) return middle;
        const worst = figureOf(found, name, figure, largest);
        return `${middle} (${format(worst)})`;
      }),
    ]);
    if (rows.length === 0) return [];
    const head = [occasion, ...columns.map(({ title }) => title)];
    return [`${CAPTIONS[occasion]}\n\n${markdownTable(head, rows)}`];
  }).join("\n\n");
}
