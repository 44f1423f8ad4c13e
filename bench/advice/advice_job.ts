/** Appends of one log: by callers that wait, or at random. */
export interface Load {
  readonly name: string;
  /** How many callers append, wait for the ack, and think. */
  readonly callers?: number;
  /** For how long each thinks, in ms. */
  readonly thinkMs?: number;
  /** Appends per second, independent of each other and of acks. */
  readonly perSecond?: number;
  /** How many come at once. */
  readonly burst?: number;
  /** Ms added to each sync. */
  readonly slowMs: number;
}

const CALLERS: readonly (readonly [callers: number, thinkMs: number])[] = [
  ...[[1, 0], [4, 1], [16, 0], [16, 1], [64, 0], [64, 5], [512, 1]] as const,
];

const RATES: readonly (readonly [perSecond: number, burst: number])[] = [
  ...[[200, 1], [2000, 1], [2000, 50]] as const,
];

/** Every load, on the disk as it is and with slow syncs. */
export const loads: readonly Load[] = [0, 8].flatMap((slowMs) => {
  const slow = slowMs === 0 ? "" : `, +${slowMs} ms per sync`;
  return [
    ...CALLERS.map(([callers, thinkMs]) => ({
      name: `${callers} callers think ${thinkMs} ms${slow}`,
      ...{ callers, thinkMs, slowMs },
    })),
    ...RATES.map(([perSecond, burst]) => ({
      name: `${perSecond}/s` + (burst > 1 ? ` in bursts of ${burst}` : "") +
        slow,
      ...{ perSecond, burst, slowMs },
    })),
  ];
});

/** What the worker does. */
export interface AdviceJob {
  readonly load: Load;
  /** How long to record, and to measure each policy in each round. */
  readonly seconds: number;
  /** How often each policy is measured, interleaved. */
  readonly rounds: number;
}

/** A policy, tried for real: one figure for each round. */
export interface Tried {
  readonly policy: string;
  readonly meanMs: readonly number[];
  readonly p99Ms: readonly number[];
}

/** What the worker found. */
export interface AdviceFound {
  /** The recommended policy, and those that are as good. */
  readonly choice: string;
  readonly alike: readonly string[];
  /** How far the replay of the recorded policy was off, as shares. */
  readonly error: { readonly mean: number; readonly p99: number };
  readonly tried: readonly Tried[];
}
