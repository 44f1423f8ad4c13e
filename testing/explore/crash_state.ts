import type { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Choose } from "../../random.ts";
import type { Instant, NotedFact, Recording } from "./recording.ts";

/** How a life ended: `"cut"` is a kill inside the write that comes next. */
export type Death = "power" | "kill" | "cut";

/** One step of a path to a failure; with the recording it says everything. */
export interface Crash {
  /** Index of the instant. */
  readonly instant: number;
  readonly death: Death;
  /** What was chosen of what the fault model leaves open. */
  readonly choices: readonly number[];
}

/** What a death left. */
export interface CrashState<Fact> {
  readonly crash: Crash;
  readonly storage: MemoryStorage;
  /** What binds after it. */
  readonly facts: readonly NotedFact<Fact>[];
}

/** The state that a crash leaves; choices beyond those given are 0. */
export function stateAfter<Fact>(
  { instants }: Recording<Fact>,
  { instant, death, choices }: Crash,
): CrashState<Fact> {
  const { storage, facts, next } = instants[instant];
  if (death === "power") {
    return withoutPower(instants[instant], instant, new Trail(choices));
  }
  const crash = { instant, death, choices: [] };
  if (death === "kill") return { crash, storage: storage.kill(), facts };
  const { file, bytes } = next!;
  const cut = { file, bytes: bytes - (bytes >> 1) };
  return { crash, storage: instants[instant + 1].storage.kill({ cut }), facts };
}

/**
 * The deaths that an instant allows. A write with a fault has no inside; of one
 * that is answered later, the inside is not at the next instant.
 */
export function deathsAt(
  { instants, fault, slow }: Recording<unknown>,
  instant: number,
): Death[] {
  const { next } = instants[instant];
  const hasInside = next?.operation === "write" && next.bytes > 1 &&
    instant !== fault?.call && !slow;
  return hasInside ? ["power", "kill", "cut"] : ["power", "kill"];
}

/**
 * All states after a loss of power at an instant, the plainest first; none of
 * them if there are more than `bound`.
 */
export function allStates<Fact>(
  recording: Recording<Fact>,
  instant: number,
  bound: number,
): CrashState<Fact>[] {
  const states: CrashState<Fact>[] = [];
  let choices: number[] | undefined = [];
  while (choices !== undefined) {
    if (states.length === bound) return [];
    const trail: Trail = new Trail(choices);
    states.push(withoutPower(recording.instants[instant], instant, trail));
    choices = trail.next();
  }
  return states;
}

/** A state after a loss of power at an instant, by chance. */
export function sampleState<Fact>(
  recording: Recording<Fact>,
  instant: number,
  death: Death,
  choose: Choose,
): CrashState<Fact> {
  const choices = death === "power"
    ? Array.from({ length: 64 }, () => choose(2 ** 16))
    : [];
  return stateAfter(recording, { instant, death, choices });
}

function withoutPower<Fact>(
  { storage, facts }: Instant<Fact>,
  instant: number,
  trail: Trail,
): CrashState<Fact> {
  return {
    storage: storage.crash(trail.choose),
    crash: { instant, death: "power", choices: trail.made },
    facts: facts.filter(({ level }) => level === "disk"),
  };
}

/** Choices that follow a plan, and then are 0; it finds the next plan. */
class Trail {
  readonly made: number[] = [];
  readonly #sizes: number[] = [];
  readonly #plan: readonly number[];

  constructor(plan: readonly number[]) {
    this.#plan = plan;
  }

  readonly choose: Choose = (choices) => {
    const choice = (this.#plan[this.made.length] ?? 0) % choices;
    this.made.push(choice);
    this.#sizes.push(choices);
    return choice;
  };

  /** The plan that comes next in order, or none after the last one. */
  next(): number[] | undefined {
    for (let at = this.made.length - 1; at >= 0; at--) {
      if (this.made[at] + 1 === this.#sizes[at]) continue;
      return [...this.made.slice(0, at), this.made[at] + 1];
    }
  }
}

/**
 * A 64-bit sum that tells byte strings apart: two 32-bit FNV-1a sums that
 * differ in their start (Fowler, Noll and Vo). Not safe against intent.
 */
export class Digest {
  #low = 0x811c9dc5;
  #high = 0xc9dc5118;

  /** Adds bytes, and that they end here. */
  bytes(bytes: Uint8Array): this {
    let low = this.#low;
    let high = this.#high;
    for (let at = 0; at < bytes.length; at++) {
      low = Math.imul(low ^ bytes[at], 0x01000193);
      high = Math.imul(high ^ bytes[at] ^ at & 0xff, 0x01000193);
    }
    this.#low = Math.imul(low ^ bytes.length, 0x01000193);
    this.#high = Math.imul(high ^ 0xff, 0x01000193);
    return this;
  }

  /** Adds text. */
  text(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }

  /** Adds all that a storage shows, and all that is certain of it. */
  storage(storage: MemoryStorage): this {
    return this.#files(storage).#files(storage.crash(() => 0));
  }

  /** The sum so far. */
  toString(): string {
    return [this.#high, this.#low]
      .map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #files(storage: MemoryStorage): this {
    const names = storage.list().sort();
    for (const name of names) this.text(name).bytes(storage.get(name)!);
    return this.text(`${names.length} files`);
  }
}
