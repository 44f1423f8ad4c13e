/// <reference lib="dom" />
import type { Outcome } from "../outcome.ts";
import {
  formatSettings,
  INITIAL,
  readSettings,
  type Settings,
  withNumber,
} from "../settings.ts";
import { runKey } from "../run_key.ts";
import { CodePanel } from "./code_panel.ts";
import { find } from "./make.ts";
import { Player } from "./player.ts";
import { Plots } from "./plots.ts";
import { Runner } from "./runner.ts";
import { SettingsForm } from "./settings_form.ts";
import { FiguresTable } from "./figures_table.ts";
import { TracePanel } from "./trace_panel.ts";

/** A link is written so long after the last change: browsers count. */
const LINK_MS = 250;

/** Puts the page's parts together; each change goes through `change`. */
export function startPage(): void {
  let settings: Settings = { ...readSettings(location.hash) };
  if (settings.load === "trace") settings = { ...settings, load: "rate" };
  let outcomes: readonly Outcome[] = [];
  let linkTimer: ReturnType<typeof setTimeout> | undefined;

  const table = new FiguresTable();
  const plots = new Plots();
  const code = new CodePanel((choice) => change({ ...settings, choice }));
  const form = new SettingsForm((changed) => change(changed), () => settings);
  const player = new Player(
    (place) => change(withNumber(settings, "place", place)),
    () => ({ outcomes, settings }),
  );
  const runner = new Runner(find("program").textContent ?? "", {
    ran(run) {
      outcomes = run.outcomes;
      find("status").textContent = run.status;
      show();
      find("results").dataset.shown = runKey(run.settings);
    },
    sweptAll(swept) {
      find("throughput").dataset.shown = runKey(swept);
    },
    swept: (sweeps) => plots.showSweeps(sweeps, settings),
    progressed: (status) => void (find("status").textContent = status),
    answered: (answer) => {
      if (answer.kind === "trace") {
        trace.show(answer.summary);
        change({ ...settings, load: "trace", costs: "trace" }, true);
      } else if (answer.kind === "refused") trace.refuse(answer.message);
      else if (answer.kind === "failed") {
        find("status").textContent = answer.message;
      }
    },
  });
  const trace = new TracePanel((file) => runner.load(file));

  function show(): void {
    table.show(outcomes);
    plots.show(outcomes, settings);
    code.show(outcomes, settings);
  }

  function change(changed: Settings, isOther = false): void {
    const runs = isOther || runKey(changed) !== runKey(settings);
    settings = changed;
    form.show(settings, trace.isLoaded);
    clearTimeout(linkTimer);
    linkTimer = setTimeout(writeLink, LINK_MS);
    if (!runs) return show();
    if (settings.load === "trace" && !trace.isLoaded) {
      find("status").textContent = "Waiting for a trace to replay.";
    } else runner.run(settings);
  }

  function writeLink(): void {
    history.replaceState(null, "", `#${formatSettings(settings)}`);
  }

  globalThis.addEventListener("hashchange", () => {
    if (location.hash === "#results") return;
    const read = readSettings(location.hash);
    const isPossible = read.load !== "trace" || trace.isLoaded;
    change(isPossible ? read : { ...read, load: "rate" });
  });
  find("link").addEventListener("click", () => {
    writeLink();
    void code.copy(location.href, find("link"), "Copy link");
  });
  find("reset").addEventListener("click", () => change(INITIAL));
  new ResizeObserver(() => plots.show(outcomes, settings))
    .observe(find("results"));
  // Where there is one column the results are not to be far down.
  if (matchMedia("(max-width: 900px)").matches) {
    for (const id of ["group-policies", "group-run"]) {
      find<HTMLDetailsElement>(id).open = false;
    }
  }
  player.start();
  change(settings, true);
}
