/// <reference lib="dom" />
import type { Outcome } from "../outcome.ts";
import type { Settings } from "../settings.ts";
import { placeStep } from "../time_window.ts";
import { find, roomOf } from "./make.ts";

/** A window's width goes by in so many ms. */
const WINDOW_MS = 6000;

/** Without motion the time line goes on by half a window, so often. */
const STEP_MS = 2000;

/** Lets the time line go by. */
export class Player {
  readonly #move: (place: number) => void;
  readonly #now: () => { outcomes: readonly Outcome[]; settings: Settings };
  readonly #button = find("play");
  readonly #still = matchMedia("(prefers-reduced-motion: reduce)");
  #isPlaying = false;
  #lastAt = 0;

  constructor(
    move: (place: number) => void,
    now: () => { outcomes: readonly Outcome[]; settings: Settings },
  ) {
    this.#move = move;
    this.#now = now;
  }

  /** Listens to the button. */
  start(): void {
    this.#button.addEventListener("click", () => {
      this.#set(!this.#isPlaying);
      if (!this.#isPlaying) return;
      // What has come to its end begins again.
      if (this.#now().settings.numbers.place >= 100) this.#move(0);
      this.#lastAt = performance.now();
      this.#soon();
    });
  }

  #soon(): void {
    if (this.#still.matches) setTimeout(() => this.#go(0.5), STEP_MS);
    else {
      requestAnimationFrame((at) => {
        const windows = Math.max(0, at - this.#lastAt) / WINDOW_MS;
        this.#lastAt = at;
        this.#go(windows);
      });
    }
  }

  #go(windows: number): void {
    if (!this.#isPlaying) return;
    const { outcomes, settings } = this.#now();
    const width = roomOf(find<SVGSVGElement>("time-line"));
    const step = outcomes.length === 0
      ? 0
      : placeStep(outcomes, settings, width);
    const place = settings.numbers.place + windows * step;
    this.#move(place);
    if (place >= 100) this.#set(false);
    else this.#soon();
  }

  #set(isPlaying: boolean): void {
    this.#isPlaying = isPlaying;
    this.#button.textContent = isPlaying ? "Pause" : "Play";
  }
}
