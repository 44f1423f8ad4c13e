/// <reference lib="dom" />
import { formatCode } from "../../../cli/doctor/format_code.ts";
import type { Verdict } from "../../../cli/lab/decide.ts";
import { CANDIDATES, codeOf, labelOf } from "../candidate.ts";
import { describeChoice } from "../describe_choice.ts";
import type { Settings } from "../settings.ts";
import { copyText, find, make } from "./dom.ts";

/** How long a button confirms a copy, in ms. */
const FEEDBACK_MS = 2000;

/** The code that opens a log with a policy. */
export class CodePanel {
  readonly #select = find<HTMLSelectElement>("choice");
  readonly #best = make("option", { value: "best" }, "Best here");

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

  /**
   * Shows the code of the chosen policy, by default of the best one. Until that
   * is known, the code stays as it is.
   */
  show(verdict: Verdict | undefined, settings: Settings): void {
    const { choice, numbers, level, flushing } = settings;
    this.#select.value = choice;
    find("choice-text").textContent = verdict === undefined
      ? ""
      : describeChoice(verdict, choice, numbers.price);
    if (verdict !== undefined) {
      this.#best.textContent = `Best here: ${labelOf(verdict.choice)}`;
    }
    const id = choice === "best" ? verdict?.choice : choice;
    const candidate = CANDIDATES.find((one) => one.id === id);
    if (candidate === undefined) return;
    const lines = formatCode({
      policy: codeOf(candidate, numbers),
      io: "auto",
      directory: "./my-log",
      storage: "NodeStorage",
      further: [
        ...level === "os" ? ['synchronous: "normal"'] : [],
        ...flushing === "thread" ? ['flushing: "thread"'] : [],
      ],
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
