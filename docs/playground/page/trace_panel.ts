/// <reference lib="dom" />
import { formatCount, formatRecords } from "../../../cli/io/format.ts";
import type { TraceSummary } from "../../../cli/lab/describe_trace.ts";
import { formatRate } from "../format_figures.ts";
import { find, make } from "./dom.ts";

/** Accepts a trace, dropped or chosen, and describes it. */
export class TracePanel {
  /** Whether there is a trace to replay. */
  isLoaded = false;
  #name = "";
  readonly #load: (file: Blob) => void;

  /** `load` receives the file; `show` or `refuse` is called in return. */
  constructor(load: (file: Blob) => void) {
    this.#load = load;
    const input = find<HTMLInputElement>("file");
    input.addEventListener("change", () => {
      this.#take(input.files?.[0]);
      input.value = "";
    });
    this.#listenToDrops();
  }

  /** Describes the trace. */
  show({ appends, records, flushes, seconds, notes }: TraceSummary): void {
    this.isLoaded = true;
    find("trace-error").hidden = true;
    const rate = formatRate(records / Math.max(seconds, 1e-3));
    find("trace-summary").replaceChildren(
      make("p", {}, make("strong", {}, this.#name)),
      make(
        "p",
        {},
        `${formatRecords(records)} in ${formatCount(appends)} appends and ` +
          `${formatCount(flushes)} flushes, ${seconds.toFixed(1)} s, ${rate}/s`,
      ),
      make("ul", {}, ...notes.map((note) => make("li", {}, `${note}.`))),
    );
  }

  /** Says why a file is not a trace; an earlier trace stays loaded. */
  refuse(message: string): void {
    const error = find("trace-error");
    error.textContent = `${this.#name}: ${message}`;
    error.hidden = false;
    error.scrollIntoView({ block: "nearest" });
  }

  #take(file: File | undefined): void {
    if (file === undefined) return;
    this.#name = file.name;
    this.#load(file);
  }

  #listenToDrops(): void {
    const overlay = find("overlay");
    document.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      overlay.hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      // There is nothing beyond the window's edge.
      if (event.relatedTarget === null) overlay.hidden = true;
    });
    document.addEventListener("drop", (event) => {
      overlay.hidden = true;
      const file = event.dataTransfer?.files[0];
      if (file === undefined) return;
      event.preventDefault();
      this.#take(file);
    });
  }
}
