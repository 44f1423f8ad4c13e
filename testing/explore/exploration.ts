import { type Choose, seeded } from "../../random.ts";
import type { MemoryStorage } from "../../storage/memory/mod.ts";
import type { CrashPath } from "./crash_path.ts";
import {
  allStates,
  type Crash,
  type CrashState,
  deathsAt,
  Digest,
  sampleState,
  stateAfter,
} from "./crash_state.ts";
import {
  describeCall,
  describeFailure,
  diskBytes,
  type ExplorationError,
} from "./describe_failure.ts";
import {
  type Fault,
  faultsOf,
  type LifeBody,
  record,
  type Recording,
} from "./recording.ts";

/** Options of an exploration, already checked. */
export interface ExplorationOptions {
  readonly seed: number;
  readonly bound: number;
  readonly crashes: number;
  readonly samples: number;
  readonly faults: boolean;
  readonly slow: boolean;
}

/** How many more states to try to find the smallest disk that fails. */
const SEARCH = 300;

/** One exploration: all the lives that it runs. */
export class Exploration<Fact> {
  readonly #workload: LifeBody<Fact>;
  readonly #check: LifeBody<Fact>;
  readonly #storage: MemoryStorage;
  readonly #options: ExplorationOptions;
  readonly #choose: Choose;
  readonly #seen = new Set<string>();
  readonly #digest = new Digest();
  #instants = 0;
  #sampled = 0;
  #runs = 0;

  constructor(
    workload: LifeBody<Fact>,
    check: LifeBody<Fact>,
    storage: MemoryStorage,
    options: ExplorationOptions,
  ) {
    this.#workload = workload;
    this.#check = check;
    this.#storage = storage;
    this.#options = options;
    this.#choose = seeded(options.seed);
  }

  /** Tries every state. */
  async run(): Promise<ExploreReport> {
    const clean = await this.#live();
    await this.#tryAll(clean, 0);
    if (!this.#options.faults) return this.#report();
    for (const [call, { next }] of clean.instants.entries()) {
      if (next === undefined) continue;
      for (const kind of faultsOf(next)) {
        const fault = { ...kind, call };
        await this.#tryAll(await this.#live(fault), call);
      }
    }
    return this.#report();
  }

  /** Tries only the state at the end of a path. */
  async replay({ fault, crashes }: CrashPath): Promise<ExploreReport> {
    let life = await this.#live(await this.#findFault(fault));
    for (const [index, crash] of crashes.entries()) {
      if (life.instants[crash.instant] === undefined) {
        throw new RangeError(
          `Cannot replay instant ${crash.instant} because there are only ` +
            `${life.instants.length}: the code has changed`,
        );
      }
      const state = stateAfter(life, crash);
      const before = crashes.slice(0, index);
      this.#isNew(state);
      const check = await this.#checkState(state);
      if (check.failed) throw this.#failure(life, state, check, fault, before);
      life = check;
    }
    return this.#report();
  }

  async #findFault(wanted: CrashPath["fault"]): Promise<Fault | undefined> {
    if (wanted === undefined) return undefined;
    const { instants } = await this.#live();
    const { call, name } = wanted;
    const next = instants[call]?.next;
    const found = next && faultsOf(next).find((fault) => fault.name === name);
    if (found !== undefined) return { ...found, call };
    throw new RangeError(
      `Cannot replay fault ${name} because call ${call} is ` +
        `${describeCall(next)}: the code has changed`,
    );
  }

  /** Runs the first life; only a fault that is an error may end it early. */
  async #live(fault?: Fault): Promise<Recording<Fact>> {
    this.#runs++;
    const { slow } = this.#options;
    const options = { fault, slow };
    const life = await record(this.#workload, this.#storage, [], options);
    if (!life.failed || fault?.effect.error !== undefined) return life;
    const after = fault ? ` after a ${fault.name} write` : "";
    const reason = life.error instanceof Error
      ? life.error.message
      : life.error;
    throw new Error(`The workload fails without a crash${after}: ${reason}`, {
      cause: life.error,
    });
  }

  /** Tries the states of the first life from an instant on. */
  async #tryAll(life: Recording<Fact>, from: number): Promise<void> {
    for (let at = from; at < life.instants.length; at++) {
      this.#instants++;
      for (const state of this.#statesAt(life, at)) {
        const check = await this.#tryState(state);
        if (check === undefined) continue;
        if (check.failed) throw await this.#smallest(life, state, check);
        await this.#tryAgain(check, [state.crash], life.fault);
      }
    }
  }

  *#statesAt(
    life: Recording<Fact>,
    at: number,
  ): Generator<CrashState<Fact>> {
    const { bound } = this.#options;
    const all = allStates(life, at, bound);
    yield* all;
    if (all.length === 0) {
      this.#sampled++;
      for (let sample = 0; sample < bound; sample++) {
        yield sampleState(life, at, "power", this.#choose);
      }
    }
    for (const death of deathsAt(life, at)) {
      if (death === "power") continue;
      yield stateAfter(life, { instant: at, death, choices: [] });
    }
  }

  /** Crashes a check at random, and then the checks after it. */
  async #tryAgain(
    life: Recording<Fact>,
    before: readonly Crash[],
    fault: Fault | undefined,
  ): Promise<void> {
    const { crashes, samples } = this.#options;
    if (before.length === crashes) return;
    for (let sample = 0; sample < samples; sample++) {
      const at = this.#choose(life.instants.length);
      const deaths = deathsAt(life, at);
      // Half of them are power losses, which leave more choices.
      const death = this.#choose(2) === 0
        ? "power"
        : deaths[this.#choose(deaths.length)];
      const state = sampleState(life, at, death, this.#choose);
      const check = await this.#tryState(state);
      if (check === undefined) continue;
      if (check.failed) throw this.#failure(life, state, check, fault, before);
      await this.#tryAgain(check, [...before, state.crash], fault);
    }
  }

  /** Checks a state, unless it was checked before. */
  async #tryState(
    state: CrashState<Fact>,
  ): Promise<Recording<Fact> | undefined> {
    return this.#isNew(state) ? await this.#checkState(state) : undefined;
  }

  #isNew({ storage, facts }: CrashState<Fact>): boolean {
    const sum = new Digest().storage(storage).text(JSON.stringify(facts));
    const digest = sum.toString();
    if (this.#seen.has(digest)) return false;
    this.#seen.add(digest);
    this.#digest.text(digest);
    return true;
  }

  #checkState({ storage, facts }: CrashState<Fact>): Promise<Recording<Fact>> {
    const { slow } = this.#options;
    return record(this.#check, storage, facts, { slow });
  }

  /** The failing state with the fewest bytes, among the states of a run. */
  async #smallest(
    life: Recording<Fact>,
    first: CrashState<Fact>,
    failed: Recording<Fact>,
  ): Promise<ExplorationError> {
    let [state, check] = [first, failed];
    let left = SEARCH;
    for (let at = first.crash.instant; at < life.instants.length; at++) {
      for (const other of this.#statesAt(life, at)) {
        if (left === 0) {
          return this.#failure(life, state, check, life.fault, []);
        }
        if (diskBytes(other.storage) >= diskBytes(state.storage)) continue;
        left--;
        const tried = await this.#checkState(other);
        if (tried.failed) [state, check] = [other, tried];
      }
    }
    return this.#failure(life, state, check, life.fault, []);
  }

  #failure(
    life: Recording<Fact>,
    state: CrashState<Fact>,
    check: Recording<Fact>,
    fault: CrashPath["fault"],
    before: readonly Crash[],
  ): ExplorationError {
    const crashes = [...before, state.crash];
    const path = { seed: this.#options.seed, fault, crashes };
    return describeFailure(path, life, state, check.error);
  }

  #report(): ExploreReport {
    return {
      states: this.#seen.size,
      digests: this.#seen,
      instants: this.#instants,
      sampled: this.#sampled,
      runs: this.#runs,
      seed: this.#options.seed,
      digest: this.#digest.toString(),
    };
  }
}

/** What an exploration covered. */
export interface ExploreReport {
  /** Number of distinct states after a crash; the check passed in each. */
  states: number;
  /** A hash of each of those states, to count them across several reports. */
  digests: ReadonlySet<string>;
  /** Number of instants at which power was lost or the process killed. */
  instants: number;
  /** Number of instants with more states than the bound, which were sampled. */
  sampled: number;
  /** Number of runs of the workload: one, plus one per fault. */
  runs: number;
  /** The seed that was used. */
  seed: number;
  /** A hash of all states in order: the same in every run, on any machine. */
  digest: string;
}
