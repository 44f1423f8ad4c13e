import type { Turns } from "../../storage/turns.ts";

/** Turns of a test, whose time passes only as the test says. */
export interface CountedTurns extends Turns {
  /** How often the clock was asked. */
  asked: number;
  /** How often somebody gave way. */
  given: number;
  /** Called in each turn that was given. */
  act: (() => void) | undefined;
  /** Lets time pass, in ms. */
  pass(ms: number): void;
  /** Ends the turn, if it is held. */
  release(): void;
}

/**
 * Turns that are counted. Time passes by `stepMs` whenever the clock is asked,
 * so that with 100 everybody gives way as often as possible. With `holds`, no
 * turn ends before `release`.
 */
export function countedTurns(
  { stepMs = 0, holds = false }: { stepMs?: number; holds?: boolean } = {},
): CountedTurns {
  let ms = 0;
  const held: (() => void)[] = [];
  return {
    asked: 0,
    given: 0,
    act: undefined,
    pass(passed) {
      ms += passed;
    },
    now() {
      this.asked++;
      return ms += stepMs;
    },
    endOfTurn(callback) {
      this.given++;
      this.act?.();
      if (holds) held.push(callback);
      else setImmediate(callback);
    },
    release() {
      for (const callback of held.splice(0)) callback();
    },
  };
}
