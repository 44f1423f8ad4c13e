/// <reference lib="dom" />
import { formatCode } from "../../../cli/doctor/format_code.ts";
import { chooseBest } from "../../../cli/lab/candidates.ts";
import { CANDIDATES, labelOf, RECORDED_ID } from "../candidate.ts";
import { COLUMNS, formatFigures } from "../format_figures.ts";
import type { Outcome } from "../run_candidate.ts";
import type { Settings } from "../settings.ts";
import { copyText, find, make, symbolFor } from "./dom.ts";

/** The table of figures, and what is to be minded about them. */
export class FiguresTable {
  readonly #body = find("figures").querySelector("tbody")!;
  #shown: readonly Outcome[] = [];

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
    // Where the time line is moved, they are the same ones.
    if (outcomes === this.#shown) return;
    this.#shown = outcomes;
    const rows = formatFigures(outcomes.map(({ figures }) => figures));
    this.#body.replaceChildren(...outcomes.map(({ id, figures }, index) =>
      make(
        "tr",
        { "data-id": id },
        make(
          "th",
          { scope: "row" },
          symbolFor(id),
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

/** How long a button says that it has copied. */
const FEEDBACK_MS = 2000;

/** The code that opens a log with a policy. */
export class CodePanel {
  readonly #select = find<HTMLSelectElement>("choice");
  readonly #best = make("option", { value: "best" });

  /** `choose` is told which policy the user wants the code of. */
  constructor(choose: (choice: string) => void) {
    this.#select.append(
      this.#best,
      ...CANDIDATES.map(({ id, label }) =>
        make("option", { value: id }, label)
      ),
    );
    this.#select.addEventListener("change", () => choose(this.#select.value));
    const button = find("copy");
    button.addEventListener("click", () => {
      void this.copy(find("code").textContent ?? "", button, "Copy code");
    });
  }

  /** Shows the code of the chosen policy; by default of the best. */
  show(outcomes: readonly Outcome[], settings: Settings): void {
    const others = outcomes.filter(({ id }) => id !== RECORDED_ID);
    this.#best.hidden = others.length === 0;
    if (others.length === 0) return;
    const figures = chooseBest(others.map((one) => one.figures));
    const best = others.find((one) => one.figures === figures)!;
    this.#best.textContent = `Best here: ${labelOf(best.id)}`;
    const { choice } = settings;
    this.#select.value = choice;
    const chosen = CANDIDATES.find(({ id }) => id === choice);
    const lines = formatCode({
      policy: chosen?.describe(settings.numbers) ?? figures.name,
      io: "auto",
      directory: "./my-log",
      storage: "NodeStorage",
    });
    find("code").textContent = `${lines.join("\n")}\n`;
  }

  /** Copies text, and lets the button say so. */
  async copy(text: string, button: HTMLElement, label: string): Promise<void> {
    const isCopied = await copyText(text);
    const word = isCopied ? "Copied" : "Cannot copy here";
    button.textContent = word;
    find("copied").textContent = button.id === "copy" ? word : "";
    setTimeout(() => {
      button.textContent = label;
      find("copied").textContent = "";
    }, FEEDBACK_MS);
  }
}
