import { seeded } from "../../random.ts";

/** One run of a program whose steps can be taken in various orders. */
export interface InterleavedRun {
  /** The steps that can be taken now, in an order that is always the same. */
  steps(): readonly Step[];
  /** Equal for runs that go on alike. */
  key(): string;
  /** Called after each step; fails if something is wrong. */
  check(): void;
  /** Called at the end, when there is no step left; fails if something is wrong. */
  finish(): Promise<void>;
}

/** A step. */
export interface Step {
  /** What it is, for messages. */
  readonly name: string;
  /** Takes it. */
  take(): void;
}

/** How much was explored. */
export interface Explored {
  /** States that differ. */
  readonly states: number;
  /** Ends that differ. */
  readonly ends: number;
}

/** More steps than any program takes that ends. */
const MOST_STEPS = 500;

/** Microtasks after which a program has done what it can. */
const SETTLED = 50;

/**
 * Takes every sequence of steps, but goes on from each state only once. Fails
 * with the steps that led to a failure.
 */
export async function exploreInterleavings(
  begin: () => Promise<InterleavedRun>,
): Promise<Explored> {
  const seen = new Set<string>();
  const paths: number[][] = [[]];
  let ends = 0;
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const run = await begin();
    const names: string[] = [];
    try {
      await settle();
      const taken: number[] = [];
      const advance = async (choice: number) => {
        const step = run.steps()[choice];
        names.push(step.name);
        if (names.length > MOST_STEPS) throw new Error("It does not end");
        taken.push(choice);
        step.take();
        await settle();
        run.check();
      };
      for (const choice of path) await advance(choice);
      for (;;) {
        const key = run.key();
        if (seen.has(key)) break;
        seen.add(key);
        const { length } = run.steps();
        if (length === 0) {
          ends++;
          await run.finish();
          break;
        }
        for (let other = 1; other < length; other++) {
          paths.push([...taken, other]);
        }
        await advance(0);
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${reason}\nafter:\n${names.join("\n")}`, { cause });
    }
  }
  return { states: seen.size, ends };
}

/** Takes random sequences of steps, `runs` times; the same for a seed. */
export async function sampleInterleavings(
  begin: () => Promise<InterleavedRun>,
  runs: number,
  seed: number,
): Promise<void> {
  const choose = seeded(seed);
  for (let nth = 0; nth < runs; nth++) {
    const run = await begin();
    const names: string[] = [];
    try {
      await settle();
      for (;;) {
        const steps = run.steps();
        if (steps.length === 0) break;
        const step = steps[choose(steps.length)];
        names.push(step.name);
        if (names.length > MOST_STEPS) throw new Error("It does not end");
        step.take();
        await settle();
        run.check();
      }
      await run.finish();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const where = `seed ${seed}, run ${nth}`;
      throw new Error(`${where}: ${reason}\nafter:\n${names.join("\n")}`, {
        cause,
      });
    }
  }
}

async function settle(): Promise<void> {
  for (let count = 0; count < SETTLED; count++) await undefined;
}
