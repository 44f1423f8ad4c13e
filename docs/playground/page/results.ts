/// <reference lib="dom" />
import type { Standing, Verdict } from "../../../cli/lab/decide.ts";
import { CANDIDATES, labelOf } from "../candidate.ts";
import { describeVerdict, summarizeVerdict } from "../describe_verdict.ts";
import {
  type Cell,
  columnsFor,
  formatFigures,
  formatSpread,
} from "../format_figures.ts";
import type { Outcome } from "../run_candidate.ts";
import { runKey, type Settings } from "../settings.ts";
import { find, make, symbolFor } from "./dom.ts";

/** What takes the place of a verdict until there is one. */
function withoutVerdict({ hidden }: Settings): string {
  return hidden.length === CANDIDATES.length
    ? "No policy takes part."
    : "Comparing the policies over ten seeds …";
}

/** The table of figures, which policy is best, and which fall behind. */
export class FiguresTable {
  readonly #head = find("figures").querySelector("thead")!;
  readonly #body = find("figures").querySelector("tbody")!;
  #shown: readonly unknown[] = [];

  /** Shows how the policies did. */
  show(
    outcomes: readonly Outcome[],
    settings: Settings,
    verdict: Verdict | undefined,
  ): void {
    const { goal, numbers: { price, bound } } = settings;
    const shown = [outcomes, verdict, goal, price, bound];
    // Moving the time line does not change them.
    if (shown.every((part, at) => part === this.#shown[at])) return;
    this.#shown = shown;
    this.#showHead(settings);
    const rows = formatFigures(outcomes.map(({ figures }) => figures), price);
    this.#body.replaceChildren(...outcomes.map((outcome, index) =>
      make(
        "tr",
        { "data-id": outcome.id },
        nameCell(outcome, verdict),
        ...cellsOf(rows[index], outcome.id, settings, verdict),
      )
    ));
    const text = find("verdict");
    text.textContent = verdict
      ? describeVerdict(verdict, bound)
      : withoutVerdict(settings);
    text.classList.toggle("clear", verdict?.alike.length === 1);
    if (verdict) text.dataset.shown = runKey(settings);
    const pressed = outcomes.filter((one) => one.pressed > 0)
      .map(({ id }) => labelOf(id));
    const note = find("pressed");
    note.hidden = pressed.length === 0;
    note.textContent = `Falls behind: ${pressed.join(", ")}. The queue was ` +
      "full, so callers waited for room, and latencies grow with the run.";
  }

  #showHead({ goal: chosen, numbers: { price } }: Settings): void {
    this.#head.replaceChildren(make(
      "tr",
      {},
      make("th", { scope: "col" }, "policy"),
      ...columnsFor(price).map(({ head, title, goal }) =>
        make(
          "th",
          { scope: "col", ...(goal === chosen && { class: "goal" }) },
          make("abbr", { title }, head),
        )
      ),
    ));
  }
}

function nameCell(
  { id, figures }: Outcome,
  verdict: Verdict | undefined,
): HTMLElement {
  const notes: Node[] = [];
  if (verdict?.choice === id) {
    notes.push(
      make("span", { class: "star" }, " ★"),
      make("span", { class: "hidden" }, " (best here)"),
    );
  } else if (verdict?.alike.includes(id)) {
    notes.push(
      make("span", { class: "alike" }, " ≈"),
      make("span", { class: "hidden" }, " (not clearly worse)"),
    );
  } else if (standingOf(id, verdict)?.isExcluded) {
    notes.push(make("span", { class: "excluded" }, " p99 too high"));
  }
  return make(
    "th",
    { scope: "row" },
    symbolFor(id),
    ` ${labelOf(id)}`,
    ...notes,
    make("span", { class: "sub" }, ...breakable(figures.name)),
  );
}

/** The spread over all seeds stands below the figure that decides. */
function cellsOf(
  cells: readonly Cell[],
  id: string,
  { goal, numbers: { price } }: Settings,
  verdict: Verdict | undefined,
): HTMLElement[] {
  const standing = standingOf(id, verdict);
  return columnsFor(price).map((column, index) => {
    const { text, isBest } = cells[index];
    const parts: Node[] = [];
    if (isBest) parts.push(make("span", { class: "hidden" }, " (best)"));
    if (column.goal === goal && standing !== undefined) {
      const spread = formatSpread(goal, standing.spread);
      parts.push(make("span", { class: "sub" }, spread));
    }
    return make("td", isBest ? { class: "best" } : {}, text, ...parts);
  });
}

function standingOf(
  id: string,
  verdict: Verdict | undefined,
): Standing | undefined {
  return verdict?.standings.find(({ name }) => name === id);
}

/** A policy's notation, which may wrap after a comma. */
function breakable(name: string): (Node | string)[] {
  return name.split(/(?<=,)/).flatMap((part) => [part, make("wbr", {})]);
}

/**
 * The figure that decides, in a strip that stays in view on a narrow screen, so
 * that a slider and its effect can be seen together.
 */
export class Dock {
  readonly #dock = find("dock");

  /** Shows how the policies did. */
  show(
    outcomes: readonly Outcome[],
    { goal }: Settings,
    verdict: Verdict | undefined,
  ): void {
    const column = columnsFor(0).find((one) => one.goal === goal)!;
    const values = outcomes.map(({ figures }) => column.of(figures));
    const most = Math.max(...values);
    const best = verdict ? summarizeVerdict(verdict) : "comparing …";
    this.#dock.replaceChildren(
      make("p", {}, make("strong", {}, column.head), ` · ${best}`),
      make(
        "ul",
        {},
        ...outcomes.map(({ id }, index) => {
          const bar = make("span", { class: "bar" });
          // The page's policy refuses a style that is written as an attribute.
          bar.style.width = `${values[index] / most * 100}%`;
          return make(
            "li",
            {},
            symbolFor(id),
            make("span", { class: "name" }, labelOf(id)),
            make("span", { class: "value" }, column.format(values[index])),
            bar,
          );
        }),
      ),
    );
  }
}
