import { onlyArgument, parseArguments } from "./parse_arguments.ts";
import { parseDuration, parseInteger, parsePrice } from "./parse_number.ts";
import { parsePolicy } from "./parse_policy.ts";

/** `lab`, parsed. */
export interface LabCommand {
  name: "lab";
  /** Path of the trace. */
  trace: string;
  /** Policies as they are described; empty for those that suit the trace. */
  policies: string[];
  /** What each sync takes, in ms; absent for what they took. */
  syncMs?: number;
  /** Which of the costs that were seen are drawn. */
  seed: number;
  /** What a million flushes cost. */
  pricePerMillion?: number;
  /** Path of a plot to be written. */
  svg?: string;
  json: boolean;
}

/** Reads the arguments of `lab`; throws `UsageError`. */
export function parseLab(
  args: string[],
): LabCommand | { name: "help"; topic: "lab" } {
  const { values, positionals } = parseArguments(args, {
    policy: { type: "string", multiple: true },
    "sync-ms": { type: "string" },
    seed: { type: "string" },
    "price-per-million": { type: "string" },
    svg: { type: "string" },
    json: { type: "boolean" },
  });
  if (values.help) return { name: "help", topic: "lab" };
  const policies = values.policy ?? [];
  // One that is wrong is refused before a long trace is read.
  for (const policy of policies) parsePolicy(policy);
  const { svg, "sync-ms": sync, "price-per-million": price } = values;
  return {
    name: "lab",
    trace: onlyArgument("lab", "trace", positionals),
    policies,
    ...(sync !== undefined && { syncMs: parseDuration("--sync-ms", sync) }),
    seed: parseInteger("--seed", values.seed ?? "1"),
    ...(price !== undefined && {
      pricePerMillion: parsePrice("--price-per-million", price),
    }),
    ...(svg !== undefined && { svg }),
    json: values.json ?? false,
  };
}
