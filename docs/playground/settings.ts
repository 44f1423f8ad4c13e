import { CANDIDATES } from "./candidate.ts";
import { admit, fieldOf, type NumberName, NUMBERS } from "./number_field.ts";

/** Where appends come from. */
export const LOADS = ["rate", "callers", "trace"] as const;

/** What a flush costs: as set by the sliders, or as recorded in the trace. */
export const COSTS = ["set", "trace"] as const;

/** What the plot against throughput shows. */
export const METRICS = ["mean", "p99"] as const;

/** All that can be set on the page. */
export interface Settings {
  readonly load: typeof LOADS[number];
  readonly costs: typeof COSTS[number];
  readonly metric: typeof METRICS[number];
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
  const { load, costs, metric, hidden, choice, numbers } = settings;
  const given = new URLSearchParams({ load, costs, metric, choice });
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
    metric: oneOf(METRICS, given.get("metric")),
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

/**
 * The part of the settings that needs a new simulation when it changes; how the
 * results are viewed is not part of it.
 */
export function runKey(settings: Settings): string {
  const { metric, choice, numbers } = INITIAL;
  const { place, zoom } = numbers;
  return formatSettings({
    ...settings,
    metric,
    choice,
    numbers: { ...settings.numbers, place, zoom },
  });
}

/** A situation to start from. */
export interface Preset {
  readonly label: string;
  /** The settings that differ from the defaults, as in a link. */
  readonly hash: string;
}

/** Situations that call for different policies. */
export const PRESETS: readonly Preset[] = [
  { label: "A service on an SSD", hash: "" },
  { label: "A flash drive whose cache is safe", hash: "sync=0.03&rate=50000" },
  { label: "Bursts on a cloud volume", hash: "burst=100&sync=4&rate=1000" },
  {
    label: "64 callers that wait, on a hard disk",
    hash: "load=callers&callers=64&think=10&sync=8&window=4",
  },
  {
    label: "One caller that waits",
    hash: "load=callers&callers=1&think=1&appends=5000",
  },
  {
    label: "Object storage, paid per request",
    hash: "sync=30&spread=1.6&rate=500&window=15&age=50&anyAge=100",
  },
  {
    label: "Large records",
    hash: "size=100000&rate=800&sync=1&bytes=1048576",
  },
];
