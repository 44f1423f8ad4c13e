import type { Choose } from "../../random.ts";
import type { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Instant, NotedFact, Recording } from "./recording.ts";

/** How a life ended; `"cut"` is a kill in the middle of the next write. */
export type Death = "power" | "kill" | "cut";

/**
 * One step of a path to a failure; with the recording, it determines a state.
 */
export interface Crash {
  /** Index of the instant. */
  readonly instant: number;
  readonly death: Death;
  /** The choices among the outcomes that the fault model allows. */
  readonly choices: readonly number[];
}

/** The state that a death leaves. */
export interface CrashState<Fact> {
  readonly crash: Crash;
  readonly storage: MemoryStorage;
  /** The facts that still bind. */
  readonly facts: readonly NotedFact<Fact>[];
}

/** The state that a crash leaves; missing choices are 0. */
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
 * The deaths that are possible at an instant. A write with a fault is never
 * cut, and neither is one that completes a turn later: its middle is not at the
 * next instant.
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
 * All states after a power loss at an instant, the simplest first; none if
 * there are more than `bound`.
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

/** A state after a death at an instant; a power loss is random. */
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

/** Choices that follow a plan, and are 0 after it; finds the next plan. */
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

  /** The next plan in order, or `undefined` after the last one. */
  next(): number[] | undefined {
    for (let at = this.made.length - 1; at >= 0; at--) {
      if (this.made[at] + 1 === this.#sizes[at]) continue;
      return [...this.made.slice(0, at), this.made[at] + 1];
    }
  }
}

/**
 * A 64-bit hash that distinguishes byte strings: two 32-bit ones that take four
 * bytes at a time, each with one of the multipliers of MurmurHash3 (Appleby).
 * Not secure against deliberate collisions.
 */
export class Digest {
  #low = 0x811c9dc5;
  #high = 0xc9dc5118;

  /** Adds bytes, and marks their end. */
  bytes(bytes: Uint8Array): this {
    const { buffer, byteOffset, length } = bytes;
    const view = new DataView(buffer, byteOffset, length);
    const whole = length & ~3;
    for (let at = 0; at < whole; at += 4) this.#add(view.getInt32(at, true));
    for (let at = whole; at < length; at++) this.#add(bytes[at]);
    this.#add(length);
    return this;
  }

  /** Adds text. */
  text(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }

  /** Adds the files of a storage, and what is certain to survive a crash. */
  storage(storage: MemoryStorage): this {
    return this.#files(storage).#files(storage.crash(() => 0));
  }

  /** The hash so far. */
  toString(): string {
    return [this.#high, this.#low]
      .map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #add(word: number): void {
    const low = Math.imul(this.#low ^ word, 0x85ebca6b);
    this.#low = low ^ low >>> 13;
    const high = Math.imul(this.#high ^ word, 0xc2b2ae35);
    this.#high = high ^ high >>> 16;
  }

  #files(storage: MemoryStorage): this {
    const names = storage.list().sort();
    for (const name of names) this.text(name).bytes(storage.get(name)!);
    return this.text(`${names.length} files`);
  }
}
