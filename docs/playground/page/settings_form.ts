/// <reference lib="dom" />
import { GOALS } from "../../../cli/lab/decide.ts";
import { CANDIDATES } from "../candidate.ts";
import { GOAL_LABELS } from "../describe_verdict.ts";
import {
  admit,
  fieldOf,
  type NumberName,
  sliderScale,
} from "../number_field.ts";
import {
  describeFlushing,
  describeLevel,
  deviceOf,
  DEVICES,
  withDevice,
} from "../device.ts";
import { presetOf, PRESETS } from "../presets.ts";
import { readSettings, type Settings, withNumber } from "../settings.ts";
import { find, make, symbolFor } from "./dom.ts";

/** The panels that consist of numbers. */
const PANELS: Readonly<Record<string, readonly NumberName[]>> = {
  "load-rate": ["rate", "burst", "burstMs"],
  "load-callers": ["callers", "think"],
  "load-both": ["size"],
  "device": ["sync", "spread", "write", "depth"],
  "judging": ["bound", "price"],
  "run": ["appends"],
  "time-numbers": ["place", "zoom"],
};

/** All settings except the trace and the code. */
export class SettingsForm {
  readonly #change: (settings: Settings) => void;
  readonly #now: () => Settings;
  readonly #controls = new Map<NumberName, NumberControl>();
  readonly #checks = new Map<string, HTMLInputElement>();

  /** `change` receives new settings; `now` returns the current ones. */
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
    this.#fillKinds();
  }

  /** Shows settings. */
  show(settings: Settings, hasTrace: boolean): void {
    const { load, costs, metric, goal, hidden, numbers } = settings;
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
    this.#showDevice(settings, isReplay && hasTrace && costs === "trace");
    find("run").hidden = isReplay;
    find("throughput-section").hidden = isReplay;
    find<HTMLSelectElement>("metric").value = metric;
    find<HTMLSelectElement>("goal").value = goal;
    const preset = presetOf(settings);
    find<HTMLSelectElement>("preset").value = preset?.label ?? "";
    find("preset-text").textContent = preset?.text ??
      "Settings of your own. A situation sets them all.";
    const seed = find<HTMLInputElement>("seed");
    if (document.activeElement !== seed) seed.value = String(numbers.seed);
  }

  #showDevice(settings: Settings, isTraced: boolean): void {
    for (const id of ["device-kind", "device", "writing"]) {
      find(id).hidden = isTraced;
    }
    const kind = deviceOf(settings);
    find<HTMLSelectElement>("kind").value = kind?.label ?? "";
    find("kind-text").textContent = kind?.text ??
      "A device of your own. A kind sets what is typical of it.";
    find<HTMLSelectElement>("level").value = settings.level;
    find("level-text").textContent = describeLevel(settings);
    find<HTMLSelectElement>("flushing").value = settings.flushing;
    find("flushing-text").textContent = describeFlushing(settings);
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
      make("label", {}, check, symbolFor(id), label),
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
    find("goal").append(
      ...GOALS.map((goal) =>
        make("option", { value: goal }, GOAL_LABELS[goal])
      ),
    );
    for (const key of ["goal", "metric", "level", "flushing"] as const) {
      const select = find<HTMLSelectElement>(key);
      select.addEventListener("change", () => {
        this.#change({ ...this.#now(), [key]: select.value });
      });
    }
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

  #fillKinds(): void {
    const select = find<HTMLSelectElement>("kind");
    select.append(
      make("option", { value: "" }, "Choose a kind …"),
      ...DEVICES.map(({ label }) => make("option", { value: label }, label)),
    );
    select.addEventListener("change", () => {
      const chosen = DEVICES.find(({ label }) => label === select.value);
      if (chosen) this.#change(withDevice(this.#now(), chosen));
    });
  }

  #fillPresets(): void {
    const select = find<HTMLSelectElement>("preset");
    select.append(
      make("option", { value: "" }, "Choose a situation …"),
      ...PRESETS.map(({ label }) => make("option", { value: label }, label)),
    );
    select.addEventListener("change", () => {
      const chosen = PRESETS.find(({ label }) => label === select.value);
      if (chosen) this.#change(readSettings(chosen.hash));
    });
  }
}

function radios(name: string): NodeListOf<HTMLInputElement> {
  return document.querySelectorAll(`input[name="${name}"]`);
}

/** A slider and an input for the same number. */
export interface NumberControl {
  readonly element: HTMLElement;
  /** Shows a number, unless it is being typed. */
  show(value: number): void;
}

/** Makes the control of a number; `changed` receives what the user sets. */
export function numberControl(
  name: NumberName,
  changed: (value: number) => void,
  subject = "",
): NumberControl {
  const field = fieldOf(name);
  const scale = sliderScale(field);
  const spoken = `${subject}${subject && ": "}${field.label}`;
  const number = makeNumber(name, spoken);
  const range = make("input", {
    type: "range",
    id: `${name}-slider`,
    min: "0",
    max: String(scale.steps),
    step: "1",
    "aria-label": spoken,
  });
  const showRange = (value: number) => {
    range.value = String(scale.positionOf(value));
    range.setAttribute("aria-valuetext", `${value} ${field.unit}`);
  };
  const showNumber = (value: number) => {
    number.value = String(Number(value.toPrecision(9)));
  };
  range.addEventListener("input", () => {
    const value = scale.valueAt(range.valueAsNumber);
    showNumber(value);
    showRange(value);
    changed(value);
  });
  number.addEventListener("input", () => {
    if (Number.isNaN(number.valueAsNumber)) return;
    const value = admit(field, number.valueAsNumber);
    showRange(value);
    changed(value);
  });
  const element = make(
    "div",
    { class: "number" },
    make("label", { for: name }, field.label),
    make(
      "span",
      { class: "typed" },
      number,
      make("span", { class: "unit" }, field.unit),
    ),
    range,
    ...makeHint(name, [number, range]),
  );
  let shown = field.initial;
  number.addEventListener("change", () => {
    const { valueAsNumber } = number;
    const value = Number.isNaN(valueAsNumber)
      ? shown
      : admit(field, valueAsNumber);
    showNumber(value);
    changed(value);
  });
  return {
    element,
    show(value) {
      shown = value;
      showRange(value);
      if (document.activeElement !== number) showNumber(value);
    },
  };
}

/** The sentence that describes the inputs of a number, if it has one. */
function makeHint(
  name: NumberName,
  inputs: readonly HTMLInputElement[],
): HTMLElement[] {
  const { hint } = fieldOf(name);
  if (hint === undefined) return [];
  const id = `${name}-hint`;
  for (const input of inputs) input.setAttribute("aria-describedby", id);
  return [make("p", { class: "hint", id }, hint)];
}

function makeNumber(name: NumberName, spoken: string): HTMLInputElement {
  const { orZero, least, most, isWhole, unit } = fieldOf(name);
  return make("input", {
    type: "number",
    id: name,
    min: String(orZero ? 0 : least),
    max: String(most),
    step: isWhole ? "1" : "any",
    inputmode: isWhole ? "numeric" : "decimal",
    "aria-label": `${spoken}, ${unit}`,
  });
}
