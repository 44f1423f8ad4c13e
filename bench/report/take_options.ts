import { parseArgs, type ParseArgsConfig } from "node:util";

/** An option of a benchmark: what it means, and its default. */
export interface OptionRule {
  readonly help: string;
  readonly default?: string;
  readonly many?: boolean;
  readonly flag?: boolean;
}

/** What was asked for on the command line. */
export class Options {
  readonly #values: Record<string, unknown>;

  constructor(values: Record<string, unknown>) {
    this.#values = values;
  }

  /** A number above 0; throws for anything else. */
  number(name: string): number {
    const value = Number(this.#values[name]);
    if (value > 0) return value;
    const received = this.#values[name];
    throw new RangeError(
      `Cannot run as --${name} must be a number above 0: received ${received}`,
    );
  }

  /** All values of an option that may be given again, or with semicolons. */
  list(name: string): string[] {
    const values = (this.#values[name] ?? []) as string[];
    return values.flatMap((value) => value.split(";")).map((value) =>
      value.trim()
    );
  }

  /** A text, if there is one. */
  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  /** Whether a flag was given. */
  has(name: string): boolean {
    return this.#values[name] === true;
  }
}

/** Reads the command line by `rules`; prints them and ends for `--help`. */
export function takeOptions(
  about: string,
  rules: Record<string, OptionRule>,
): Options {
  const options: ParseArgsConfig["options"] = { help: { type: "boolean" } };
  for (const [name, rule] of Object.entries(rules)) {
    options[name] = {
      type: rule.flag ? "boolean" : "string",
      ...(rule.many ? { multiple: true } : {}),
      ...(rule.default === undefined ? {} : { default: rule.default }),
    };
  }
  const { values } = parseArgs({ args: Deno.args, options, strict: true });
  if (values.help) {
    console.log(about);
    for (const [name, { help, default: usual }] of Object.entries(rules)) {
      const note = usual === undefined ? "" : ` (${usual})`;
      console.log(`  --${name.padEnd(10)} ${help}${note}`);
    }
    Deno.exit(0);
  }
  return new Options(values);
}
