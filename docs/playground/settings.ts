import { type Goal, GOALS } from "../../cli/lab/decide.ts";
import { CANDIDATES } from "./candidate.ts";
import { admit, fieldOf, type NumberName, NUMBERS } from "./number_field.ts";

/** Where appends come from. */
export const LOADS = ["rate", "callers", "trace"] as const;

/** What a flush costs: as set by the sliders, or as recorded in the trace. */
export const COSTS = ["set", "trace"] as const;

/** What an append waits for. */
export const LEVELS = ["disk", "os"] as const;

/** Where flushes run. */
export const FLUSHINGS = ["inline", "thread"] as const;

/** What the plot against throughput shows. */
export const METRICS = ["mean", "p99"] as const;

/** All that can be set on the page. */
export interface Settings {
  readonly load: typeof LOADS[number];
  readonly costs: typeof COSTS[number];
  readonly level: typeof LEVELS[number];
  readonly flushing: typeof FLUSHINGS[number];
  readonly metric: typeof METRICS[number];
  /** What decides which policy is best. */
  readonly goal: Goal;
  /** Ids of candidates that are left out. */
  readonly hidden: readonly string[];
  /** Id of the candidate whose code is shown, or `"best"`. */
  readonly choice: string;
  readonly numbers: Readonly<Record<NumberName, number>>;
}

const NAMES = Object.keys(NUMBERS) as NumberName[];

/** The settings of a fresh page. */
export const INITIAL: Settings = readSettings("");

/** Settings as the fragment of a link, without its `#`. */
export function formatSettings(settings: Settings): string {
  const { hidden, numbers, ...words } = settings;
  const given = new URLSearchParams(words);
  for (const name of NAMES) given.set(name, String(numbers[name]));
  given.set("hidden", hidden.join("."));
  return given.toString();
}

/**
 * The settings in a link. What it lacks has its default, and what is out of
 * bounds is brought back into them, so that any text gives valid settings.
 */
export function readSettings(hash: string): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const ids = CANDIDATES.map(({ id }) => id);
  const hidden = given.get("hidden")?.split(".") ?? [];
  const numbers = NAMES.map((name) => [name, readNumber(given, name)]);
  return {
    load: oneOf(LOADS, given.get("load")),
    costs: oneOf(COSTS, given.get("costs")),
    level: oneOf(LEVELS, given.get("level")),
    flushing: oneOf(FLUSHINGS, given.get("flushing")),
    metric: oneOf(METRICS, given.get("metric")),
    goal: oneOf(GOALS, given.get("goal")),
    hidden: ids.filter((id) => hidden.includes(id)),
    choice: oneOf(["best", ...ids], given.get("choice")),
    numbers: Object.fromEntries(numbers) as Settings["numbers"],
  };
}

/** The same settings with one number changed. */
export function withNumber(
  settings: Settings,
  name: NumberName,
  value: number,
): Settings {
  const admitted = admit(fieldOf(name), value);
  return { ...settings, numbers: { ...settings.numbers, [name]: admitted } };
}

function readNumber(given: URLSearchParams, name: NumberName): number {
  const text = given.get(name) ?? "";
  return admit(fieldOf(name), text.trim() === "" ? NaN : Number(text));
}

function oneOf<T extends string>(words: readonly T[], word: string | null): T {
  return words.find((known) => known === word) ?? words[0];
}

/** Numbers that change how results are seen or judged, not the results. */
const VIEWS = ["place", "zoom", "price", "bound"] as const;

/**
 * The part of the settings that needs a new simulation when it changes; how the
 * results are viewed and judged is not part of it.
 */
export function runKey(settings: Settings): string {
  const { metric, goal, choice, numbers } = INITIAL;
  const views = VIEWS.map((name) => [name, numbers[name]]);
  return formatSettings({
    ...settings,
    ...{ metric, goal, choice },
    numbers: { ...settings.numbers, ...Object.fromEntries(views) },
  });
}
