import type { Life } from "@syncline/wal/testing";
import {
  type Entry,
  type HardState,
  RaftLog,
} from "../../../../docs/examples/raft-log/raft_log.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";

/*
 * A Raft log next to a plain model of it. Before each step the model says in
 * which states a crash may leave the log; after it, that only one is right.
 */

/** What a log is, as plain data. */
export interface RaftState {
  readonly hard: HardState;
  readonly snapshot: { readonly index: number; readonly term: number };
  /** What the snapshot holds. */
  readonly text: string;
  /** The entries after the snapshot: their terms and texts. */
  readonly entries: readonly (readonly [term: number, text: string])[];
}

/** A state that a crash may leave from now on, or the only one. */
export interface RaftFact {
  readonly kind: "may" | "is";
  readonly state: RaftState;
}

/** What the node does next. */
export type RaftStep =
  /** Appends `count` entries of the current term at once. */
  | { do: "append"; count: number; bytes?: number }
  /** Appends `count` entries one by one, without waiting for any. */
  | { do: "propose"; count: number }
  /** A new leader replaces the last `back` entries by one, in a new term. */
  | { do: "conflict"; back: number }
  /** The last `back` entries are cut off. */
  | { do: "cut"; back: number }
  /** Votes in the next term. */
  | { do: "vote" }
  /** Makes a snapshot `back` entries before the end. */
  | { do: "compact"; back: number }
  /** Installs a snapshot `ahead` of the end, or before it. */
  | { do: "install"; ahead: number; pieces?: number }
  /** Closes the log and opens it again. */
  | { do: "reopen" };

const EMPTY: RaftState = {
  hard: { term: 0, vote: null },
  snapshot: { index: 0, term: 0 },
  text: "",
  entries: [],
};

/** Makes different texts in each life, so that no entry is mistaken for another. */
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A log, its model and the life that they have. */
export class ModeledRaftLog {
  readonly #life: Life<RaftFact>;
  #log!: RaftLog;
  #model: RaftState = EMPTY;
  /** States that the log may be in now. */
  #allowed = [EMPTY];
  #texts = 0;

  private constructor(life: Life<RaftFact>) {
    this.#life = life;
    for (const fact of life.facts) this.#learn(fact);
    this.#texts = 1000 * life.facts.length;
  }

  /** Opens the log; throws unless it is in a state that it may be in. */
  static async open(life: Life<RaftFact>): Promise<ModeledRaftLog> {
    const one = new ModeledRaftLog(life);
    await one.#open();
    return one;
  }

  /** Takes steps, one after the other. */
  async take(steps: readonly RaftStep[]): Promise<void> {
    for (const step of steps) await this.#take(step);
    assertEquals(await this.#read(), this.#model);
  }

  async #open(): Promise<void> {
    const { storage, clock } = this.#life;
    this.#log = await RaftLog.open(storage, {
      ...{ clock, segmentBytes: 4096, warn() {} },
    });
    const allowed = this.#allowed;
    const found = await this.#read();
    const text = JSON.stringify(found);
    const isAllowed = allowed.some((state) => JSON.stringify(state) === text);
    const list = allowed.map((state) => JSON.stringify(state)).join("\n");
    assert(isAllowed, `found\n${text}\nbut only these are right:\n${list}`);
    this.#model = found;
    this.#note({ kind: "is", state: found });
  }

  #learn({ kind, state }: RaftFact): void {
    if (kind === "is") this.#allowed = [];
    this.#allowed.push(state);
  }

  #note(fact: RaftFact): void {
    this.#learn(fact);
    this.#life.note(fact);
  }

  async #read(): Promise<RaftState> {
    const log = this.#log;
    const entries = await log.entries(log.firstIndex, log.lastIndex);
    let text = "";
    await log.readSnapshot(async ({ index, term }, data) => {
      assertEquals({ index, term }, log.snapshot);
      for await (const piece of data) text += textOf(piece);
    });
    entries.forEach(({ index, term }, at) => {
      assertEquals(index, log.firstIndex + at);
      assertEquals(log.term(index), term);
    });
    return {
      hard: { ...log.hardState },
      snapshot: { ...log.snapshot },
      text,
      entries: entries.map(({ term, data }) => [term, textOf(data)]),
    };
  }

  /** Does something that leaves the model in the last of `states`. */
  async #change(
    states: readonly RaftState[],
    act: () => Promise<unknown>,
  ): Promise<void> {
    for (const state of states) this.#note({ kind: "may", state });
    await act();
    const state = states.at(-1)!;
    this.#note({ kind: "is", state });
    this.#model = state;
  }

  async #take(step: RaftStep): Promise<void> {
    switch (step.do) {
      case "append":
        return await this.#append(step.count, step.bytes);
      case "propose":
        return await this.#propose(step.count);
      case "conflict":
        return await this.#conflict(step.back);
      case "cut": {
        const cut = this.#without(step.back);
        return await this.#change([cut], () => this.#truncate(cut));
      }
      case "vote":
        return await this.#vote();
      case "compact":
        return await this.#compact(step.back);
      case "install":
        return await this.#install(step.ahead, step.pieces);
      case "reopen":
        await this.#log.close();
        return await this.#open();
    }
  }

  #truncate(cut: RaftState): Promise<void> {
    return this.#log.truncateAfter(cut.snapshot.index + cut.entries.length);
  }

  #text(bytes = 0): string {
    return `${++this.#texts}`.padEnd(bytes, "-");
  }

  async #append(count: number, bytes?: number): Promise<void> {
    const { hard, entries } = this.#model;
    const fresh = Array.from(
      { length: count },
      () => [hard.term, this.#text(bytes)] as const,
    );
    const next = { ...this.#model, entries: [...entries, ...fresh] };
    await this.#change([next], () =>
      // The last entry once more, as a leader does that had no answer.
      this.#log.append(toEntries(next, Math.max(0, entries.length - 1))));
  }

  async #propose(count: number): Promise<void> {
    const states: RaftState[] = [];
    let next = this.#model;
    for (let nth = 0; nth < count; nth++) {
      const entry = [next.hard.term, this.#text()] as const;
      next = { ...next, entries: [...next.entries, entry] };
      states.push(next);
    }
    await this.#change(states, () =>
      Promise.all(
        states.map((state) => {
          const entries = toEntries(state, state.entries.length - 1);
          return this.#log.append(entries);
        }),
      ));
  }

  async #conflict(back: number): Promise<void> {
    const cut = this.#without(back);
    const hard = { term: cut.hard.term + 1, vote: null };
    const entry = [hard.term, this.#text()] as const;
    const next = { ...cut, hard, entries: [...cut.entries, entry] };
    await this.#change(
      [cut, next],
      () => this.#log.append(toEntries(next, cut.entries.length), hard),
    );
  }

  async #vote(): Promise<void> {
    const hard = { term: this.#model.hard.term + 1, vote: this.#text() };
    const next = { ...this.#model, hard };
    await this.#change([next], () => this.#log.saveHardState(hard));
  }

  async #compact(back: number): Promise<void> {
    const { snapshot, entries } = this.#model;
    const count = entries.length - back;
    if (count < 1) return;
    const index = snapshot.index + count;
    const next = {
      ...this.#model,
      snapshot: { index, term: entries[count - 1][0] },
      text: this.#text(20),
      entries: entries.slice(count),
    };
    const data = [bytesOf(next.text)];
    await this.#change([next], () => this.#log.compact(index, data));
  }

  async #install(ahead: number, pieces = 1): Promise<void> {
    const { snapshot, entries, hard } = this.#model;
    const index = snapshot.index + entries.length + ahead;
    if (index <= snapshot.index) return;
    const { term } = hard;
    const at = index - snapshot.index;
    const isKept = entries[at - 1]?.[0] === term;
    const text = Array.from({ length: pieces }, () => this.#text(700));
    const next = {
      ...this.#model,
      snapshot: { index, term },
      text: text.join(""),
      entries: isKept ? entries.slice(at) : [],
    };
    const data = text.map(bytesOf);
    await this.#change([next], () => this.#log.install({ index, term }, data));
  }

  #without(back: number): RaftState {
    const { entries } = this.#model;
    const count = Math.max(0, entries.length - back);
    return { ...this.#model, entries: entries.slice(0, count) };
  }
}

function toEntries(state: RaftState, from: number): Entry[] {
  const { snapshot, entries } = state;
  return entries.slice(from).map(([term, text], at) => ({
    index: snapshot.index + from + at + 1,
    term,
    data: bytesOf(text),
  }));
}
