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

async function settle(): Promise<void> {
  for (let count = 0; count < SETTLED; count++) await undefined;
}
