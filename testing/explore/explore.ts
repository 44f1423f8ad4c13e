import { requireInteger } from "../../argument.ts";
import { Exploration, type ExploreReport } from "./exploration.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { LifeBody } from "./recording.ts";
import { parsePath } from "./crash_path.ts";

/** Options of {@linkcode explore}. */
export interface ExploreOptions {
  /** Makes salts and samples, an integer from 0 to 2^32 - 1. Default 1. */
  seed?: number | undefined;
  /**
   * How many states one loss of power may have for all of them to be tried; of
   * more, so many are sampled. An integer of at least 1, by default 512.
   */
  bound?: number | undefined;
  /** How often in a row there are crashes, at least 1. Default 2. */
  crashes?: number | undefined;
  /**
   * How many states are sampled of each run of the check, which recovers: the
   * crash inside recovery, and after it. At least 0, by default 8.
   */
  samples?: number | undefined;
  /** Whether each call of the workload also fails once. Default false. */
  faults?: boolean | undefined;
  /**
   * Whether the storage answers a turn later, so that more can happen at the
   * same time. Default false.
   */
  slow?: boolean | undefined;
  /** As in `MemoryStorageOptions`. Default `"posix"`. */
  fileSystem?: "posix" | "ext4" | undefined;
  /** As in `MemoryStorageOptions`. Default 512. */
  sectorBytes?: 512 | 4096 | undefined;
  /** The line of a failure: only that state is tried. */
  replay?: string | undefined;
  /** Where the report goes. Default: `console.log`. */
  print?: ((line: string) => void) | undefined;
}

/**
 * Tries what a crash may leave: runs `workload` once, and for every instant at
 * which power could be lost or the process be killed, and every disk that the
 * fault model of `MemoryStorage` allows there, runs `check` on that disk. Then
 * crashes the check, which recovers, and checks again.
 *
 * The workload notes what it was promised, and the check throws unless that is
 * kept. Both have to be the same in each run: time is `life.clock`, chance is
 * seeded. They may not wait for anything but the storage and that clock.
 *
 * Workloads of three or four operations are enough for most crash bugs that
 * were ever found (Mohan and others, OSDI 2018), so small ones are tried
 * exhaustively. Explorations may run one after the other, not concurrently,
 * if they are to be the same.
 *
 * Throws an `ExplorationError` at the first state that fails, with the line
 * that replays it and the smallest such disk of that run; `TypeError` or
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
