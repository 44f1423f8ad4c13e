/// <reference lib="dom" />
import { chooseBest } from "../../cli/lab/candidates.ts";
import { CANDIDATES, labelOf, RECORDED_ID } from "../candidate.ts";
import { formatCode } from "../format_code.ts";
import type { Outcome } from "../outcome.ts";
import type { Settings } from "../settings.ts";
import { copyText } from "./copy_text.ts";
import { find, make } from "./make.ts";

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
    find("code").textContent = formatCode(
      chosen?.describe(settings.numbers) ?? figures.name,
    );
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
