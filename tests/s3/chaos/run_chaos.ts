import { join } from "node:path";
import { SeededRandom } from "../../../random.ts";
import { bundleModule } from "../../kit/process/bundle_module.ts";
import { root } from "../../runner/files.ts";
import { FAULTS } from "../fault_proxy.ts";
import { GATEWAYS, openPlace } from "../place.ts";
import { ChaosLog, sizeOf } from "./chaos_log.ts";
import { KILL_ALL, type Kind, KINDS } from "./kinds.ts";
import { PROGRAMS, type Programs, Round } from "./round.ts";

/** How long a chaos goes on, and from which seed. */
export interface ChaosOptions {
  readonly rounds: number;
  readonly seed: number;
  /** An empty directory. */
  readonly scratch: string;
  /** What happens, in turn. Default: everything, at random. */
  readonly kinds?: readonly Kind[] | undefined;
  /** Ms after which no further round begins, but for two. Default: none. */
  readonly budgetMs?: number | undefined;
  /** Receives each line about it. */
  readonly report: (line: string) => void;
}

/** What a chaos has shown. */
export interface ChaosTally {
  /** Rounds by kind. */
  readonly rounds: Record<string, number>;
  /** Ms by kind. */
  readonly tookMs: Record<string, number>;
  /** Longest calls in ms, by what was called. */
  readonly longestMs: Record<string, number>;
  /** How sessions have failed. */
  readonly failures: Record<string, number>;
  /** Requests by what happened to them on the way. */
  readonly faults: Record<string, number>;
  acked: number;
  /** Records seen by followers. */
  seen: number;
  openings: number;
  /** Rounds after which something was wrong, and what it was. */
  readonly wrong: string[];
}

/** Rounds after which a new log begins. */
const ROUNDS_PER_LOG = 6;

/** Rounds that there are even if there is no time. */
const LEAST_ROUNDS = 2;

/** Rounds from one in which everything is killed to the next. */
const KILL_ALL_EVERY = 20;

/** A call has 30 s; an append may wait for another one, opening makes many. */
const LIMIT_MS: Readonly<Record<string, number>> = {
  ...{ append: 65_000, confirm: 65_000 },
};
const OTHER_LIMIT_MS = 95_000;

/** Bundles the programs of the chaos into `scratch`. */
export async function bundlePrograms(scratch: string): Promise<Programs> {
  const bundled: [string, string][] = [];
  for (const name of PROGRAMS) {
    const source = join(root, `tests/s3/chaos/programs/${name}.ts`);
    const path = await bundleModule(source, join(scratch, `${name}.mjs`));
    bundled.push([name, path]);
  }
  return Object.fromEntries(bundled) as Programs;
}

/** Makes rounds on the cluster, which runs. */
export async function runChaos(options: ChaosOptions): Promise<ChaosTally> {
  return await new Chaos(options, await bundlePrograms(options.scratch)).run();
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #programs: Programs;
  readonly #tally: ChaosTally = {
    ...{ rounds: {}, tookMs: {}, longestMs: {}, failures: {}, wrong: [] },
    ...{ acked: 0, seen: 0, openings: 0 },
    faults: Object.fromEntries(FAULTS.map((fault) => [fault, 0])),
  };
  #processes = 0;
  #logs = 0;

  constructor(options: ChaosOptions, programs: Programs) {
    this.#options = options;
    this.#programs = programs;
  }

  async run(): Promise<ChaosTally> {
    const { rounds, seed, budgetMs = Infinity } = this.#options;
    const startedAt = performance.now();
    let shared: ChaosLog | undefined;
    let used = 0;
    for (let nth = 1; nth <= rounds; nth++) {
      const isLate = performance.now() - startedAt > budgetMs;
      if (isLate && nth > LEAST_ROUNDS) {
        this.#options.report(`no time is left after ${nth - 1} rounds`);
        break;
      }
      const random = new SeededRandom(seed * 10_007 + nth);
      const kind = this.#choose(nth);
      if (kind.isAlone) {
        const log = this.#makeLog(random);
        if (await this.#round(nth, kind, log, random)) await removeLog(log);
        continue;
      }
      if (shared === undefined) [shared, used] = [this.#makeLog(random), 0];
      const isRight = await this.#round(nth, kind, shared, random);
      if (isRight && ++used < ROUNDS_PER_LOG) continue;
      if (isRight) await removeLog(shared);
      shared = undefined;
    }
    if (shared !== undefined) await removeLog(shared);
    return this.#tally;
  }

  /** Returns whether the log held what it must. */
  async #round(
    nth: number,
    kind: Kind,
    log: ChaosLog,
    random: SeededRandom,
  ): Promise<boolean> {
    const { scratch, report } = this.#options;
    const startedAt = performance.now();
    await using round = new Round({
      ...{ log, random, scratch, programs: this.#programs },
      nextProcess: () => ++this.#processes,
    });
    const wrong: string[] = [];
    let records = 0;
    try {
      await kind.run(round);
      const found = await round.check();
      wrong.push(...found.wrong);
      records = found.records;
    } catch (error) {
      wrong.push(`${error}`);
    }
    const tookMs = performance.now() - startedAt;
    const acked = this.#count(round, kind, tookMs, wrong);
    const runtimes = round.actors.map(({ runtime }) => runtime.name).join(" ");
    const mark = wrong.length === 0 ? "ok  " : "FAIL";
    const seconds = `${(tookMs / 1000).toFixed(1)} s`;
    report(
      `${mark} ${nth} ${kind.name}: ${acked} acked, ${records} read, ` +
        `${seconds}; ${runtimes}`,
    );
    for (const line of wrong) report(`     ${line}`);
    if (wrong.length > 0) report(`     its log is kept: ${log.prefix}`);
    for (const line of wrong) {
      this.#tally.wrong.push(`round ${nth}, ${kind.name}: ${line}`);
    }
    return wrong.length === 0;
  }

  /** Adds up what the processes of a round have noted. */
  #count(round: Round, kind: Kind, tookMs: number, wrong: string[]): number {
    const tally = this.#tally;
    add(tally.rounds, kind.name, 1);
    add(tally.tookMs, kind.name, tookMs);
    let acked = 0;
    for (const { notes, pausedMs } of round.actors) {
      acked += sizeOf(notes.acked);
      tally.seen += sizeOf(notes.seen);
      tally.openings += notes.openings;
      for (const [how, times] of Object.entries(notes.failures)) {
        add(tally.failures, how, times);
      }
      for (const [call, ms] of Object.entries(notes.longestMs)) {
        const limitMs = LIMIT_MS[call] ?? OTHER_LIMIT_MS;
        if (ms - pausedMs > limitMs) wrong.push(`${call} took ${ms} ms`);
        const most = Math.max(tally.longestMs[call] ?? 0, ms - pausedMs);
        tally.longestMs[call] = Math.round(most);
      }
    }
    for (const { counts } of round.proxies) {
      for (const fault of FAULTS) add(tally.faults, fault, counts[fault]);
    }
    tally.acked += acked;
    return acked;
  }

  /** Each kind as often as its weight says, in an order that is shuffled. */
  #choose(nth: number): Kind {
    const { kinds, seed } = this.#options;
    if (kinds !== undefined) return kinds[(nth - 1) % kinds.length];
    if (nth % KILL_ALL_EVERY === 0) return KILL_ALL;
    const bag = KINDS.flatMap((kind) => Array<Kind>(kind.weight).fill(kind));
    const cycle = Math.floor((nth - 1) / bag.length);
    const random = new SeededRandom(seed * 10_007 - 1 - cycle);
    for (let last = bag.length - 1; last > 0; last--) {
      const other = random.integer(0, last);
      [bag[last], bag[other]] = [bag[other], bag[last]];
    }
    return bag[(nth - 1) % bag.length];
  }

  #makeLog(random: SeededRandom): ChaosLog {
    const name = `chaos/${this.#options.seed}-${Date.now()}-${++this.#logs}`;
    return new ChaosLog(name, {
      window: random.pick([1, 4, 8]),
      limitMs: random.pick([1, 5, 30]),
      compactSlots: random.pick([5, 20]),
    });
  }
}

function add(counts: Record<string, number>, name: string, more: number): void {
  counts[name] = (counts[name] ?? 0) + more;
}

async function removeLog({ prefix }: ChaosLog): Promise<void> {
  const place = await openPlace(GATEWAYS[0], prefix);
  for (;;) {
    const { objects, isTruncated } = await place.list();
    for (let at = 0; at < objects.length; at += 16) {
      const some = objects.slice(at, at + 16);
      await Promise.all(some.map(({ key }) => place.remove(key)));
    }
    if (!isTruncated) return;
  }
}

/** The figures of a chaos, in lines. */
export function formatTally(tally: ChaosTally): string[] {
  const list = (counts: Record<string, number>, unit = "") =>
    Object.entries(counts).filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${Math.round(count)}${unit}`).join(", ");
  const rounds = Object.values(tally.rounds).reduce((sum, one) => sum + one, 0);
  return [
    `${rounds} rounds: ${list(tally.rounds)}`,
    `acked ${tally.acked} records in ${tally.openings} openings; followers ` +
    `saw ${tally.seen}`,
    `longest calls: ${list(tally.longestMs, " ms")}`,
    `sessions failed: ${list(tally.failures)}`,
    `requests by proxies: ${list(tally.faults)}`,
    `wrong: ${tally.wrong.length}`,
    ...tally.wrong.map((line) => `  ${line}`),
  ];
}
