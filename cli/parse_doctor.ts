import { onlyArgument, parseArguments } from "./parse_arguments.ts";
import { parseSeconds } from "./parse_number.ts";

/** `doctor`, parsed. */
export interface DoctorCommand {
  name: "doctor";
  directory: string;
  /** How long to measure. */
  seconds: number;
  /** Path of a trace whose appends decide on the policy. */
  trace?: string;
  json: boolean;
}

/** Reads the arguments of `doctor`; throws `UsageError`. */
export function parseDoctor(
  args: string[],
): DoctorCommand | { name: "help"; topic: "doctor" } {
  const { values, positionals } = parseArguments(args, {
    seconds: { type: "string" },
    trace: { type: "string" },
    json: { type: "boolean" },
  });
  if (values.help) return { name: "help", topic: "doctor" };
  return {
    name: "doctor",
    directory: onlyArgument("doctor", "directory", positionals),
    seconds: parseSeconds("--seconds", values.seconds ?? "10"),
    ...(values.trace !== undefined && { trace: values.trace }),
    json: values.json ?? false,
  };
}
