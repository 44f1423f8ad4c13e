/// <reference lib="dom" />
import { CANDIDATES } from "../candidate.ts";
import { admit, fieldOf, type NumberName } from "../number_field.ts";
import { PRESETS } from "../presets.ts";
import { readSettings, type Settings, withNumber } from "../settings.ts";
import { find, make } from "./make.ts";
import { markerOf } from "./marker_of.ts";
import { type NumberControl, numberControl } from "./number_control.ts";

/** The panels that have nothing but numbers. */
const PANELS: Readonly<Record<string, readonly NumberName[]>> = {
  "load-rate": ["rate", "burst"],
  "load-callers": ["callers", "think"],
  "load-both": ["size"],
  "device": ["sync", "spread", "write"],
  "run": ["appends"],
  "time-numbers": ["place", "zoom"],
};

/** All that can be set, but for the trace and the code. */
export class SettingsForm {
  readonly #change: (settings: Settings) => void;
  readonly #now: () => Settings;
  readonly #controls = new Map<NumberName, NumberControl>();
  readonly #checks = new Map<string, HTMLInputElement>();

  /** `change` is told of what the user sets; `now` says what is set. */
  constructor(change: (settings: Settings) => void, now: () => Settings) {
    this.#change = change;
    this.#now = now;
    for (const [id, names] of Object.entries(PANELS)) {
      find(id).append(...names.map((name) => this.#control(name)));
    }
    find("policies").append(...CANDIDATES.map(({ id }) => this.#policy(id)));
    this.#listenToChoices();
    this.#listenToSeed();
    this.#fillPresets();
  }

  /** Shows what is set. */
  show(settings: Settings, hasTrace: boolean): void {
    const { load, costs, metric, hidden, numbers } = settings;
    for (const [name, control] of this.#controls) control.show(numbers[name]);
    for (const [id, check] of this.#checks) {
      check.checked = !hidden.includes(id);
    }
    for (const radio of radios("load")) radio.checked = radio.value === load;
    for (const radio of radios("costs")) radio.checked = radio.value === costs;
    const isReplay = load === "trace";
    find("load-rate").hidden = load !== "rate";
    find("load-callers").hidden = load !== "callers";
    find("load-both").hidden = isReplay;
    find("load-trace").hidden = !isReplay;
    find("trace-summary").hidden = !isReplay || !hasTrace;
    find("costs").hidden = !isReplay || !hasTrace;
    find("device").hidden = isReplay && hasTrace && costs === "trace";
    find("run").hidden = isReplay;
    find("throughput-section").hidden = isReplay;
    find<HTMLSelectElement>("metric").value = metric;
    const seed = find<HTMLInputElement>("seed");
    if (document.activeElement !== seed) seed.value = String(numbers.seed);
  }

  #control(name: NumberName, subject?: string): HTMLElement {
    const control = numberControl(
      name,
      (value) => this.#change(withNumber(this.#now(), name, value)),
      subject,
    );
    this.#controls.set(name, control);
    return control.element;
  }

  #policy(id: string): HTMLElement {
    const { label, hint, numbers } = CANDIDATES.find((one) => one.id === id)!;
    const check = make("input", { type: "checkbox", id: `show-${id}` });
    this.#checks.set(id, check);
    check.addEventListener("change", () => {
      const hidden = CANDIDATES.map((one) => one.id)
        .filter((one) => !this.#checks.get(one)!.checked);
      this.#change({ ...this.#now(), hidden });
    });
    return make(
      "div",
      { class: "policy" },
      make("label", {}, check, markerOf(id), label),
      make("p", { class: "hint" }, hint),
      ...numbers.map((name) => this.#control(name, label)),
    );
  }

  #listenToChoices(): void {
    for (const key of ["load", "costs"] as const) {
      for (const radio of radios(key)) {
        radio.addEventListener("change", () => {
          this.#change({ ...this.#now(), [key]: radio.value });
        });
      }
    }
    const metric = find<HTMLSelectElement>("metric");
    metric.addEventListener("change", () => {
      const value = metric.value as Settings["metric"];
      this.#change({ ...this.#now(), metric: value });
    });
  }

  #listenToSeed(): void {
    const seed = find<HTMLInputElement>("seed");
    const field = fieldOf("seed");
    const set = (value: number) =>
      this.#change(withNumber(this.#now(), "seed", value));
    seed.addEventListener("input", () => {
      if (!Number.isNaN(seed.valueAsNumber)) set(seed.valueAsNumber);
    });
    seed.addEventListener("change", () => {
      seed.value = String(this.#now().numbers.seed);
    });
    find("next-seed").addEventListener("click", () => {
      const next = this.#now().numbers.seed + 1;
      set(next > field.most ? field.least : admit(field, next));
    });
  }

  #fillPresets(): void {
    const select = find<HTMLSelectElement>("preset");
    select.append(
      make("option", { value: "", selected: "" }, "Choose a situation …"),
      ...PRESETS.map(({ label }, index) =>
        make("option", { value: String(index) }, label)
      ),
    );
    select.addEventListener("change", () => {
      const preset = PRESETS[Number(select.value)];
      select.value = "";
      this.#change(readSettings(preset.hash));
    });
  }
}

function radios(name: string): NodeListOf<HTMLInputElement> {
  return document.querySelectorAll(`input[name="${name}"]`);
}
