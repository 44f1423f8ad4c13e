import type { Case } from "./case.ts";
import { contenders } from "./contenders.ts";
import type { Duration } from "./measure.ts";
import { runJob } from "../process/run_job.ts";
import type { Entrant, Sample } from "./sample.ts";
import type { Measured } from "./stopwatch.ts";

/** What is measured how often. */
export interface Plan {
  readonly entrants: readonly Entrant[];
  readonly cases: readonly Case[];
  readonly rounds: number;
  readonly duration: Duration;
  /** The bundled worker. */
  readonly worker: string;
  /** A directory on the disk that is measured. */
  readonly place: string;
}

/** Measures round by round; a child that fails is told and left out. */
export async function runRounds(
  plan: Plan,
  tell: (what: string) => void,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 1; round <= plan.rounds; round++) {
    for (const situation of plan.cases) {
      for (const entrant of rotated(entrantsOf(plan, situation), round)) {
        const { runtime, contender } = entrant;
        tell(
          `round ${round}/${plan.rounds} ${situation.title}: ` +
            `${contender} on ${runtime}`,
        );
        const sample = await sampleOf(plan, entrant, situation, round);
        if (typeof sample === "string") console.error(sample);
        else samples.push(sample);
      }
    }
  }
  return samples;
}

function entrantsOf({ entrants }: Plan, { kind }: Case): Entrant[] {
  return entrants.filter(({ contender }) =>
    contenders.find(({ name }) => name === contender)!.kinds.includes(kind)
  );
}

/** Each round begins with another one, so that nobody always comes first. */
function rotated<T>(items: readonly T[], round: number): T[] {
  const first = (round - 1) * 5 % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

async function sampleOf(
  { worker, duration, place }: Plan,
  { runtime, contender }: Entrant,
  situation: Case,
  round: number,
): Promise<Sample | string> {
  try {
    const job = { contender, situation: situation.name, ...duration };
    const measured = await runJob<Measured>({ runtime, worker, place }, job);
    const opsPerSecond = measured.records / measured.elapsedMs * 1000;
    const key = { runtime, contender, situation: situation.name, round };
    return { ...key, opsPerSecond, ...measured };
  } catch (error) {
    return `FAILED ${contender} on ${runtime} in ${situation.title}: ${error}`;
  }
}
