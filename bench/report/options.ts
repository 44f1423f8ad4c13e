import { parseArgs, type ParseArgsConfig } from "node:util";

/** An option of an experiment. */
export interface OptionRule {
  readonly help: string;
  /** What its value is called in the help; a flag has none. */
  readonly value?: string;
  readonly default?: string;
  /** The default with `--quick`. */
  readonly quick?: string;
  /** Whether it may be repeated, or given several values with semicolons. */
  readonly many?: boolean;
}

/** Options by name. */
export type OptionRules = Readonly<Record<string, OptionRule>>;

/** Options of every experiment. */
export const commonOptions = {
  runtime: {
    value: "NAME",
    help: "node or deno, and bun in bench:redis; default: all of them",
    many: true,
  },
  dir: {
    value: "DIR",
    help: "where to write the logs; default: the temporary directory",
  },
  out: {
    value: "DIR",
    help: "where to write samples and plots; default: bench/.build",
  },
  json: { help: "print samples as JSON; no tables, no files" },
  quick: { help: "take a few seconds to show that everything runs" },
  help: { help: "print this help" },
} as const satisfies OptionRules;

/** Options that mean the same in every experiment that has them. */
export const sharedOptions = {
  rounds: { value: "N", help: "measure everything N times, interleaved" },
  seconds: { value: "S", help: "measure for S seconds each time" },
  warm: { value: "S", help: "warm up for S seconds before that" },
  records: { value: "N", help: "append N records" },
  only: {
    value: "NAME",
    help: "measure only what begins with NAME",
    many: true,
  },
} as const satisfies OptionRules;

/** The options in effect. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>;

  /** Options of parsed `values`, defaults included. */
  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** A number above 0; throws a `RangeError` for anything else. */
  number(name: string): number {
    return toNumber(name, this.text(name) ?? "");
  }

  /** Numbers above 0; throws `RangeError` for anything else. */
  numbers(name: string): number[] {
    return this.list(name).map((text) => toNumber(name, text));
  }

  /** All values of an option that may be repeated. */
  list(name: string): string[] {
    const values = (this.#values[name] ?? []) as string[];
    return values.flatMap((value) => value.split(";"))
      .map((value) => value.trim());
  }

  /** A text, if it is given or has a default. */
  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  /** Whether a flag is given. */
  has(name: string): boolean {
    return this.#values[name] === true;
  }

  /**
   * Those of `all` that the option names, or all of them if it is not given.
   * Throws `RangeError` for a name that matches none.
   */
  choose<T extends { readonly name: string }>(
    option: string,
    all: readonly T[],
    fits: (name: string, wanted: string) => boolean = equals,
  ): T[] {
    const wanted = this.list(option);
    for (const want of wanted) {
      if (all.some(({ name }) => fits(name, want))) continue;
      const names = all.map(({ name }) => name).join("; ");
      throw new RangeError(
        `--${option} must be one of ${names}: received "${want}"`,
      );
    }
    return all.filter(({ name }) =>
      wanted.length === 0 || wanted.some((want) => fits(name, want))
    );
  }

  /** Those of `all` whose names begin as `--only` says. */
  only<T extends { readonly name: string }>(all: readonly T[]): T[] {
    return this.choose("only", all, begins);
  }

  /** The options in effect, as they would be typed. */
  toString(): string {
    return Object.entries(this.#values).flatMap(([name, value]) => {
      if (value === true) return [`--${name}`];
      return [value].flat().map((one) => `--${name} ${quoted(`${one}`)}`);
    }).join(" ");
  }
}

/** Parses a command line; throws `TypeError` for anything unexpected. */
export function parseOptions(
  args: readonly string[],
  rules: OptionRules,
): Options {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { value, many = false }] of Object.entries(rules)) {
    options[name] = {
      type: value === undefined ? "boolean" : "string",
      multiple: many,
    };
  }
  const { values } = parseArgs({ args: [...args], options, strict: true });
  for (const [name, rule] of Object.entries(rules)) {
    const usual = values.quick ? rule.quick ?? rule.default : rule.default;
    if (usual === undefined) continue;
    values[name] ??= rule.many ? usual.split(";") : usual;
  }
  return new Options(values);
}

/** The help text's list of options. */
export function formatRules(rules: OptionRules): string {
  const names = Object.entries(rules).map(([name, { value }]) =>
    value === undefined ? `--${name}` : `--${name} ${value}`
  );
  const width = Math.max(...names.map((name) => name.length));
  return Object.values(rules).map((rule, index) => {
    const line = `  ${names[index].padEnd(width)}  ${rule.help}`;
    const note = noteOf(rule);
    if (note === "") return line;
    const isLong = line.length + note.length >= 80;
    return isLong
      ? `${line}\n${" ".repeat(width + 4)}${note}`
      : `${line} ${note}`;
  }).join("\n");
}

function noteOf({ default: usual, quick, many }: OptionRule): string {
  const parts = [
    many ? "may be repeated" : "",
    usual === undefined ? "" : `default: ${usual}`,
    quick === undefined ? "" : `quick: ${quick}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `(${parts.join("; ")})`;
}

function toNumber(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new RangeError(
    `--${name} must be a number above 0: received "${text}"`,
  );
}

function equals(name: string, wanted: string): boolean {
  return name === wanted;
}

function begins(name: string, wanted: string): boolean {
  return name.toLowerCase().startsWith(wanted.toLowerCase());
}

function quoted(text: string): string {
  return /^[\w.,:/-]+$/.test(text) ? text : `"${text}"`;
}
