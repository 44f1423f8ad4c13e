/// <reference lib="dom" />
import { admit, fieldOf, type NumberName } from "../number_field.ts";
import { sliderScale } from "../slider_scale.ts";
import { make } from "./make.ts";

/** A slider and an input for the same number. */
export interface NumberControl {
  readonly element: HTMLElement;
  /** Shows a number, unless it is being typed. */
  show(value: number): void;
}

/** Makes the control of a number; `changed` is told of what the user sets. */
export function numberControl(
  name: NumberName,
  changed: (value: number) => void,
  subject = "",
): NumberControl {
  const field = fieldOf(name);
  const scale = sliderScale(field);
  const spoken = `${subject}${subject && ": "}${field.label}`;
  const number = make("input", {
    type: "number",
    id: name,
    min: String(field.orZero ? 0 : field.least),
    max: String(field.most),
    step: field.isWhole ? "1" : "any",
    inputmode: field.isWhole ? "numeric" : "decimal",
    "aria-label": `${spoken}, ${field.unit}`,
  });
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
