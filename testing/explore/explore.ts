import { requireInteger } from "../../argument.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import { parsePath } from "./crash_path.ts";
import { Exploration, type ExploreReport } from "./exploration.ts";
import type { LifeBody } from "./recording.ts";

/** Options of {@linkcode explore}. */
export interface ExploreOptions {
  /** Seed of salts and samples, an integer from 0 to 2^32 - 1. Default 1. */
  seed?: number | undefined;
  /**
   * Maximum number of states after one power loss for which all are tried; if
   * there are more, this many are sampled. An integer of at least 1. Default
   * 512.
   */
  bound?: number | undefined;
  /** How many crashes in a row to try, an integer of at least 1. Default 2. */
  crashes?: number | undefined;
  /**
   * How many crashes to sample per run of the check, during its recovery and
   * after it, an integer of at least 0. Default 8.
   */
  samples?: number | undefined;
  /**
   * Whether to also make each call of the workload fail once. Default false.
   */
  faults?: boolean | undefined;
  /**
   * Whether the storage completes calls a turn later, so that more of them can
   * overlap. Default false.
   */
  slow?: boolean | undefined;
  /** As in `MemoryStorageOptions`. Default `"posix"`. */
  fileSystem?: "posix" | "ext4" | undefined;
  /** As in `MemoryStorageOptions`. Default 512. */
  sectorBytes?: 512 | 4096 | undefined;
  /** The replay line of a failure: tries only that state. */
  replay?: string | undefined;
  /** Receives the report. Default: `console.log`. */
  print?: ((line: string) => void) | undefined;
}

/**
 * Tries what a crash can leave: runs `workload` once and then, for every
 * instant at which power could be lost or the process killed, and for every
 * disk that the fault model of `MemoryStorage` allows there, runs `check` on
 * that disk. Then it crashes the check, which recovers, and checks again.
 *
 * The workload notes what it was promised, and the check throws unless those
 * promises are kept. Both must behave the same in every run: take the time from
 * `life.clock`, and seed any randomness. They may wait only for the storage and
 * that clock.
 *
 * Workloads of three or four operations suffice for most crash bugs ever found
 * (Mohan and others, OSDI 2018), so small ones are tried exhaustively. For
 * reproducible results, run explorations one after the other, not concurrently.
 *
 * Throws an `ExplorationError` at the first state that fails, with the line
 * that replays it and the smallest failing disk of that run; `TypeError` or
 * `RangeError` for bad options.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { explore } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * const { states } = await explore<number>(
 *   async ({ storage, clock, note }) => {
 *     const wal = await Wal.open(storage, { clock });
 *     note(await wal.append("one"));
 *     note(await wal.append("two"));
 *   },
 *   async ({ storage, clock, facts }) => {
 *     const wal = await Wal.open(storage, { clock });
 *     const lastLsn = await wal.flush();
 *     assert(lastLsn >= facts.length, "an acknowledged record is lost");
 *   },
 * );
 * assert(states > 20);
 * ```
 */
export async function explore<Fact>(
  workload: LifeBody<Fact>,
  check: LifeBody<Fact>,
  options: ExploreOptions = {},
): Promise<ExploreReport> {
  const path = options.replay === undefined
    ? undefined
    : parsePath(options.replay);
  const checked = checkOptions({
    ...options,
    seed: path?.seed ?? options.seed,
  });
  const { seed, fileSystem, sectorBytes, print } = checked;
  const storage = new MemoryStorage({ seed, fileSystem, sectorBytes });
  const exploration = new Exploration(workload, check, storage, checked);
  const report = path === undefined
    ? await exploration.run()
    : await exploration.replay(path);
  print(describe(report));
  return report;
}

type Checked = {
  [Name in Exclude<keyof ExploreOptions, "replay">]-?: Exclude<
    ExploreOptions[Name],
    undefined
  >;
};

function checkOptions(options: ExploreOptions): Checked {
  const checked = {
    seed: options.seed ?? 1,
    bound: options.bound ?? 512,
    crashes: options.crashes ?? 2,
    samples: options.samples ?? 8,
    faults: options.faults ?? false,
    slow: options.slow ?? false,
    fileSystem: options.fileSystem ?? "posix",
    sectorBytes: options.sectorBytes ?? 512,
    print: options.print ?? ((line: string) => console.log(line)),
  };
  const least = { seed: 0, bound: 1, crashes: 1, samples: 0 };
  for (const [name, minimum] of Object.entries(least)) {
    const value = checked[name as keyof typeof least];
    requireInteger("explore", name, value, minimum);
  }
  return checked;
}

function describe(report: ExploreReport): string {
  const { states, instants, sampled, runs, seed, digest } = report;
  return `explored ${states} distinct crash states: ${instants} instants, ` +
    `${sampled} of them sampled, ${runs} runs, seed ${seed}, digest ${digest}`;
}
