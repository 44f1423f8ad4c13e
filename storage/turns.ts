/** How a program waits for the end of a turn of the event loop. */
export interface Turns {
  /** Milliseconds since some fixed instant; never goes backwards. */
  now(): number;
  /** Calls back once, after this turn's microtasks. */
  endOfTurn(callback: () => void): void;
}

/** Calls back when a turn ends. */
interface TurnEnds {
  setImmediate(callback: () => void): unknown;
  clearImmediate(turn: unknown): void;
}

/** Those of the runtime. Browsers have none; a message is as quick. */
export const turnEnds: TurnEnds = "setImmediate" in globalThis
  ? globalThis as unknown as TurnEnds
  : {
    setImmediate(callback) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        callback();
      };
      port2.postMessage(undefined);
      return port1;
    },
    clearImmediate: (turn) => (turn as MessagePort).close(),
  };

/** The turns of this runtime. */
export const systemTurns: Turns = {
  now: () => performance.now(),
  endOfTurn: (callback) => void turnEnds.setImmediate(callback),
};

/** How long work may keep the event loop from all else, in ms. */
const SLICE_MS = 1;

/** Work before it asks the clock first: a small log never has as much. */
const FIRST_BYTES = 1024 * 1024;

/** Work until it asks again: 20 to 200 us, if it is as usual. */
const LOOK_BYTES = 64 * 1024;

/** What it costs to open a file, in bytes to read. */
export const OPEN_BYTES = 4 * 1024;

/** The same for its removal, which takes milliseconds if the file is large. */
export const REMOVE_BYTES = 256 * 1024;

/** How many wait for the next turn, to continue their work. */
let waiting = 0;

/**
 * Gives way to the event loop every millisecond or so. Files are read and
 * removed by calls that block, and a loop that awaits what is there already
 * does not end the turn: timers and acknowledgements would wait for all of it.
 *
 * Those who work at the same time share the slice. The clock is asked only
 * after some work, so that what takes little never waits: a small log is read in
 * the same steps in every run.
 */
export class Pace {
  readonly #turns: Turns;
  /** Work between the last look and the next, and what is left of it. */
  #planned = FIRST_BYTES;
  #left = FIRST_BYTES;
  /** When the slice began, and when the clock was last asked. */
  #sinceAt: number | undefined;
  #lookedAt = 0;

  /** Begins a slice with the first call of `spend`. */
  constructor(turns: Turns = systemTurns) {
    this.#turns = turns;
  }

  /**
   * Counts work, in bytes read and checked or what takes as long. Returns a
   * promise of the next turn if it is time to give way.
   */
  spend(bytes: number): Promise<void> | undefined {
    if (this.#sinceAt === undefined) this.#begin();
    this.#left -= bytes;
    return this.#left > 0 ? undefined : this.#look();
  }

  #begin(): void {
    this.#lookedAt = this.#sinceAt = this.#turns.now();
  }

  #look(): Promise<void> | undefined {
    const now = this.#turns.now();
    // Twice per slice at least: little work can take long, as for a consumer.
    const perMs = (this.#planned - this.#left) / (now - this.#lookedAt);
    this.#planned = Math.min(LOOK_BYTES, perMs * SLICE_MS / 2 || 0);
    this.#left = this.#planned;
    this.#lookedAt = now;
    const spentMs = now - this.#sinceAt!;
    return spentMs * (waiting + 1) < SLICE_MS ? undefined : this.#giveWay();
  }

  async #giveWay(): Promise<void> {
    waiting++;
    await new Promise<void>((resolve) => this.#turns.endOfTurn(resolve));
    waiting--;
    this.#lookedAt = this.#sinceAt = this.#turns.now();
  }
}
