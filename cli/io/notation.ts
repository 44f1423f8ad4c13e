import { integerRule } from "../../argument.ts";
import {
  AMOUNT,
  BYTES,
  INTEGER,
  type NumberNotation,
} from "../../policies/parse_policy.ts";

/** Counts, such as `0` or `256`. */
export const COUNT: NumberNotation = {
  parse: (text) => text === "0" ? 0 : INTEGER.parse(text),
  rule: integerRule(0),
};

/** Sizes, such as `0`, `65536`, `64k`, `1m` or `2g`. */
export const SIZE: NumberNotation = {
  parse: (text) => text === "0" ? 0 : BYTES.parse(text),
  rule: `${integerRule(0)}, with or without k, m or g`,
};

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** Durations in ms, such as `500ms`, `30s`, `5m`, `12h` or `7d`. */
export const DURATION: NumberNotation = {
  parse(text) {
    const [, digits = "", unit = ""] = /^([\d.]+)([a-z]+)$/.exec(text) ?? [];
    return AMOUNT.parse(digits) * (UNITS_MS.get(unit) ?? NaN);
  },
  rule: "a number of at least 0 with ms, s, m, h or d",
};
