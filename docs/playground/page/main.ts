/// <reference lib="dom" />
/**
 * The page's program. Its worker runs the same text: at the end it finds out
 * which of the two it is.
 *
 * @module
 */
import type { Contender, Verdict } from "../../../cli/lab/decide.ts";
import { judge } from "../compare.ts";
import type { Answer } from "../engine.ts";
import type { Outcome } from "../run_candidate.ts";
import {
  formatSettings,
  INITIAL,
  readSettings,
  runKey,
  type Settings,
  withNumber,
} from "../settings.ts";
import { CodePanel } from "./code_panel.ts";
import { find } from "./dom.ts";
import { Player, Plots } from "./plots.ts";
import { Dock, FiguresTable } from "./results.ts";
import { type FinishedRun, Runner, serveWorker } from "./runner.ts";
import { SettingsForm } from "./settings_form.ts";
import { TracePanel } from "./trace_panel.ts";

/** How long after the last change the link is updated: browsers limit this. */
const LINK_MS = 250;

/** Puts the parts of the page together: the settings and their results. */
class App {
  #settings = INITIAL;
  #outcomes: readonly Outcome[] = [];
  /** Empty until the policies have been compared. */
  #contenders: readonly Contender[] = [];
  #verdict: Verdict | undefined;
  #linkTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #table = new FiguresTable();
  readonly #dock = new Dock();
  readonly #plots = new Plots();
  readonly #trace = new TracePanel((file) => this.#runner.load(file));
  readonly #code = new CodePanel((choice) =>
    this.#change({ ...this.#settings, choice })
  );
  readonly #form = new SettingsForm(
    (settings) => this.#change(settings),
    () => this.#settings,
  );
  readonly #player = new Player(
    (place) => this.#change(withNumber(this.#settings, "place", place)),
    () => ({ outcomes: this.#outcomes, settings: this.#settings }),
  );
  readonly #runner = new Runner(find("program").textContent ?? "", {
    ran: (run) => this.#ran(run),
    compared: (contenders) => this.#compared(contenders),
    swept: (sweeps) => this.#plots.showSweeps(sweeps, this.#settings),
    sweptAll(settings) {
      find("throughput").dataset.shown = runKey(settings);
    },
    progressed: (status) => this.#say(status),
    answered: (answer) => this.#answered(answer),
  });

  /** Shows the settings in the page's address, and handles events from then on. */
  start(): void {
    globalThis.addEventListener("hashchange", () => this.#followLink());
    find("link").addEventListener("click", () => {
      this.#writeLink();
      void this.#code.copy(location.href, find("link"), "Copy link");
    });
    find("reset").addEventListener("click", () => this.#change(INITIAL));
    new ResizeObserver(() => this.#plots.show(this.#outcomes, this.#settings))
      .observe(find("results"));
    // In a single column, keep the results near the top.
    if (matchMedia("(max-width: 900px)").matches) {
      for (const id of ["group-policies", "group-run"]) {
        find<HTMLDetailsElement>(id).open = false;
      }
    }
    this.#player.start();
    this.#change(this.#possible(readSettings(location.hash)), true);
  }

  #ran({ outcomes, status, settings }: FinishedRun): void {
    this.#outcomes = outcomes;
    this.#contenders = [];
    this.#verdict = undefined;
    this.#say(status);
    this.#show();
    find("results").dataset.shown = runKey(settings);
  }

  #compared(contenders: readonly Contender[]): void {
    this.#contenders = contenders;
    this.#verdict = judge(contenders, this.#settings);
    this.#show();
  }

  #answered(answer: Answer): void {
    switch (answer.kind) {
      case "trace":
        this.#trace.show(answer.summary);
        this.#change(
          { ...this.#settings, load: "trace", costs: "trace" },
          true,
        );
        break;
      case "refused":
        this.#trace.refuse(answer.message);
        break;
      case "failed":
        this.#say(answer.message);
    }
  }

  #show(): void {
    this.#table.show(this.#outcomes, this.#settings, this.#verdict);
    this.#dock.show(this.#outcomes, this.#settings, this.#verdict);
    this.#plots.show(this.#outcomes, this.#settings);
    this.#code.show(this.#verdict, this.#settings);
  }

  /** Every change goes through here; most of them need a new run. */
  #change(settings: Settings, mustRun = false): void {
    const runs = mustRun || runKey(settings) !== runKey(this.#settings);
    const isJudgedAnew = settings.goal !== this.#settings.goal ||
      settings.numbers.bound !== this.#settings.numbers.bound;
    this.#settings = settings;
    if (isJudgedAnew) this.#verdict = judge(this.#contenders, settings);
    this.#form.show(settings, this.#trace.isLoaded);
    clearTimeout(this.#linkTimer);
    this.#linkTimer = setTimeout(() => this.#writeLink(), LINK_MS);
    if (!runs) return this.#show();
    if (this.#lacksTrace) this.#say("");
    else this.#runner.run(settings);
  }

  get #lacksTrace(): boolean {
    return this.#settings.load === "trace" && !this.#trace.isLoaded;
  }

  /** An earlier run may end while the page waits for a trace. */
  #say(status: string): void {
    find("status").textContent = this.#lacksTrace
      ? "Waiting for a trace to replay."
      : status;
  }

  #writeLink(): void {
    history.replaceState(null, "", `#${formatSettings(this.#settings)}`);
  }

  #followLink(): void {
    if (location.hash === "#results") return;
    this.#change(this.#possible(readSettings(location.hash)));
  }

  /** A link cannot hold a trace. */
  #possible(settings: Settings): Settings {
    const isMissing = settings.load === "trace" && !this.#trace.isLoaded;
    return isMissing ? { ...settings, load: "rate" } : settings;
  }
}

if ("document" in globalThis) new App().start();
else serveWorker();
