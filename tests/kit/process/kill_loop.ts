import { Child } from "./child.ts";
import { readNotes } from "./read_notes.ts";
import { generator } from "./record_content.ts";
import { bundleVictim, type Runtime, runtimes } from "./runtimes.ts";
import type { Verified } from "./verify_log.ts";
import { verifyLogs } from "./verify_logs.ts";
import type { RestlessOrders } from "./victims/restless.ts";
import type { VerifierOrders } from "./victims/verifier.ts";

/** What to do, and how often. */
export interface KillLoopOptions {
  readonly rounds: number;
  readonly seed: number;
  /** An empty directory that the caller provides. */
  readonly scratch: string;
  /** Longest life of a process once it appends, in ms. Default 120. */
  readonly lifeMs?: number;
  /** Receives a line about each round. */
  readonly report?: (line: string) => void;
}

/** The outcome of the loop. */
export interface KillTally {
  /** Processes killed. */
  rounds: number;
  /** How many of them were killed at an instant counted from their start. */
  killedBlindly: number;
  /** Records acknowledged at `os` or `disk`. */
  acked: number;
  /** LSN of the last record. */
  last: number;
}

/** Longest life of a process after it has begun to append, by default. */
const LIFE_MS = 120;

/** Longest life of a process that is killed blindly, in ms. */
const BLIND_MS = 150;

/**
 * Kills processes of all runtimes at random instants, on one directory. Each
 * recovers what its predecessor left, and compares it with all that was ever
 * acknowledged. Throws, with the seed and the round, on any difference.
 */
export async function killLoop(options: KillLoopOptions): Promise<KillTally> {
  const loop = new KillLoop(options);
  try {
    await loop.run();
    return loop.tally;
  } catch (cause) {
    const { rounds } = loop.tally;
    throw new Error(`seed ${options.seed}, round ${rounds + 1}`, { cause });
  }
}

class KillLoop {
  readonly tally: KillTally = {
    rounds: 0,
    killedBlindly: 0,
    acked: 0,
    last: 0,
  };
  readonly #options: KillLoopOptions;
  readonly #next: () => number;
  readonly #directory: string;
  #notes: { round: number; file: string; highest: number }[] = [];
  #truncated = 0;
  #runtime: Runtime | undefined;

  constructor(options: KillLoopOptions) {
    this.#options = options;
    this.#next = generator(options.seed);
    this.#directory = `${options.scratch}/log`;
  }

  async run(): Promise<void> {
    const { rounds, scratch } = this.#options;
    const victim = await bundleVictim("restless", scratch);
    const verifier = await bundleVictim("verifier", scratch);
    for (let round = 1; round <= rounds; round++) {
      await this.#round(round, victim);
      this.tally.rounds++;
    }
    for (const runtime of runtimes) {
      const orders = [this.#expected()];
      const [{ last }] = await verifyLogs(runtime, verifier, orders);
      this.tally.last = last;
    }
  }

  async #round(round: number, victim: string): Promise<void> {
    const runtime = this.#chooseRuntime();
    const file = `${this.#options.scratch}/notes-${round}`;
    const orders: RestlessOrders = { ...this.#expected(), file, round };
    const command = [...runtime.command, victim, JSON.stringify(orders)];
    await using child = new Child(command);
    const said = await this.#kill(child);
    const { code, signal, errors } = await child.ended;
    if (signal !== "SIGKILL") {
      throw new Error(`${runtime.name} ended with code ${code}: ${errors}`);
    }
    const notes = readNotes(file);
    this.#notes.push({ round, file, highest: notes.highest });
    this.#truncated = Math.max(this.#truncated, notes.truncating);
    this.tally.acked += notes.acked.length;
    if (said === undefined) this.tally.killedBlindly++;
    else this.#forget(said);
    const found = said
      ? `found ${said.first} to ${said.last}`
      : "was killed blindly";
    this.#options.report?.(
      `${round} ${runtime.name} ${found}, acked ${notes.acked.length}`,
    );
  }

  /** Returns what the process found before it was killed. */
  async #kill(child: Child): Promise<Verified | undefined> {
    if (this.#next() % 4 === 0) {
      await delay(this.#next() % BLIND_MS);
      child.kill("SIGKILL");
      return undefined;
    }
    const line = await child.nextLine();
    // Short lives end in the first calls as often as in all later ones.
    const { lifeMs = LIFE_MS } = this.#options;
    await delay(this.#next() % (this.#next() % lifeMs + 1));
    child.kill("SIGKILL");
    const [first, last] = line.split(" ").slice(1).map(Number);
    return { first, last, acked: 0 };
  }

  /** Never the one before, so that each recovers what another one left. */
  #chooseRuntime(): Runtime {
    const others = runtimes.filter((runtime) => runtime !== this.#runtime);
    this.#runtime = others[this.#next() % others.length];
    return this.#runtime;
  }

  #expected(): VerifierOrders {
    return {
      directory: this.#directory,
      seed: this.#options.seed,
      notes: this.#notes.map(({ round, file }) => ({ round, file })),
      truncated: this.#truncated,
    };
  }

  /** Notes about records that are truncated no longer count. */
  #forget({ first }: Verified): void {
    this.#notes = this.#notes.filter(({ highest }) => highest >= first);
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
