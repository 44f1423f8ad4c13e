/// <reference lib="dom" />
import { labelOf } from "../candidate.ts";
import { COLUMNS, formatFigures } from "../format_figures.ts";
import type { Outcome } from "../outcome.ts";
import { find, make } from "./make.ts";
import { markerOf } from "./marker_of.ts";

/** The table of figures, and what is to be minded about them. */
export class FiguresTable {
  readonly #body = find("figures").querySelector("tbody")!;

  constructor() {
    find("figures").querySelector("thead")!.append(make(
      "tr",
      {},
      make("th", { scope: "col" }, "policy"),
      ...COLUMNS.map(({ head, title }) =>
        make(
          "th",
          { scope: "col" },
          make("abbr", { title }, head),
        )
      ),
    ));
  }

  /** Shows what came of the policies. */
  show(outcomes: readonly Outcome[]): void {
    const rows = formatFigures(outcomes.map(({ figures }) => figures));
    this.#body.replaceChildren(...outcomes.map(({ id, figures }, index) =>
      make(
        "tr",
        { "data-id": id },
        make(
          "th",
          { scope: "row" },
          markerOf(id),
          ` ${labelOf(id)}`,
          make("span", { class: "sub" }, ...breakable(figures.name)),
        ),
        ...rows[index].map(({ text, isBest }) =>
          isBest
            ? make(
              "td",
              { class: "best" },
              text,
              make("span", { class: "hidden" }, " (best)"),
            )
            : make("td", {}, text)
        ),
      )
    ));
    const pressed = outcomes.filter((one) => one.pressed > 0)
      .map(({ id }) => labelOf(id));
    const note = find("pressed");
    note.hidden = pressed.length === 0;
    note.textContent = `Falls behind: ${pressed.join(", ")}. The queue was ` +
      "full, so callers waited for room: such latencies grow with the run.";
  }
}

/** A policy's description, which may go on in a new line behind a comma. */
function breakable(name: string): (Node | string)[] {
  return name.split(/(?<=,)/).flatMap((part) => [part, make("wbr", {})]);
}
