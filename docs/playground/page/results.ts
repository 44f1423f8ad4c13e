/// <reference lib="dom" />
import { formatCode } from "../../../cli/doctor/format_code.ts";
import { decide } from "../../../cli/lab/decide.ts";
import { CANDIDATES, labelOf, RECORDED_ID } from "../candidate.ts";
import { COLUMNS, formatFigures } from "../format_figures.ts";
import type { Outcome } from "../run_candidate.ts";
import type { Settings } from "../settings.ts";
import { copyText, find, make, symbolFor } from "./dom.ts";

/** The table of figures, with a note on policies that fall behind. */
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

  /** Shows how the policies did. */
  show(outcomes: readonly Outcome[]): void {
    // Moving the time line does not change them.
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
      "full, so callers waited for room, and latencies grow with the run.";
  }
}

/** A policy's notation, which may wrap after a comma. */
function breakable(name: string): (Node | string)[] {
  return name.split(/(?<=,)/).flatMap((part) => [part, make("wbr", {})]);
}

/** How long a button confirms a copy, in ms. */
const FEEDBACK_MS = 2000;

/** The code that opens a log with a policy. */
export class CodePanel {
  readonly #select = find<HTMLSelectElement>("choice");
  readonly #best = make("option", { value: "best" });

  /** `choose` is called with the policy whose code the user wants. */
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

  /** Shows the code of the chosen policy, by default the best one. */
  show(outcomes: readonly Outcome[], settings: Settings): void {
    const others = outcomes.filter(({ id }) => id !== RECORDED_ID);
    this.#best.hidden = others.length === 0;
    if (others.length === 0) return;
    const { choice: name } = decide(
      others.map(({ figures }) => ({ name: figures.name, runs: [figures] })),
      { goal: "p99" },
    );
    const best = others.find(({ figures }) => figures.name === name)!;
    const { figures } = best;
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

  /** Copies text and confirms it on the button. */
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
