import { median, spread } from "../report/statistics.ts";
import type { Case } from "./case.ts";
import { floorOverwrite } from "./contenders/floors.ts";
import type { Sample } from "./sample.ts";
import { SHARES } from "./stopwatch.ts";

/** All samples of a contender in a case, and their summary. */
export class SampleGroup {
  readonly samples: readonly Sample[];
  readonly #floors: ReadonlyMap<number, number>;

  constructor(all: readonly Sample[], contender: string, situation: Case) {
    const here = all.filter((sample) => sample.situation === situation.name);
    this.samples = here.filter((sample) => sample.contender === contender);
    this.#floors = new Map(
      here.filter((sample) => sample.contender === floorOverwrite.name)
        .map(({ round, opsPerSecond }) => [round, opsPerSecond]),
    );
  }

  /** Whether there are no samples. */
  get isEmpty(): boolean {
    return this.samples.length === 0;
  }

  /** Records a second in the median round. */
  get ops(): number {
    return median(this.samples.map(({ opsPerSecond }) => opsPerSecond));
  }

  /** Records a second in the best round. */
  get best(): number {
    return Math.max(...this.samples.map(({ opsPerSecond }) => opsPerSecond));
  }

  /** Records a second in the median slice of all rounds. */
  get typical(): number {
    return median(this.samples.flatMap(({ slices }) => slices));
  }

  /** Half of the range of the rounds, as a share of the median. */
  get spread(): number {
    return spread(this.samples.map(({ opsPerSecond }) => opsPerSecond));
  }

  /** Share of what the floor did in the same round, median of the rounds. */
  get ratio(): number {
    return median(
      this.samples.filter(({ round }) => this.#floors.has(round))
        .map(({ round, opsPerSecond }) =>
          opsPerSecond / this.#floors.get(round)!
        ),
    );
  }

  /** Latency in ms at each of the shares, median of the rounds. */
  get latencies(): number[] {
    return SHARES.map((_, index) =>
      median(this.samples.map(({ latencies }) => latencies[index]))
    );
  }

  /** Latency in ms at one of the shares. */
  latency(share: number): number {
    return this.latencies[SHARES.indexOf(share)];
  }
}
