import { onlyArgument, parseArguments } from "./parse_arguments.ts";
import { parseSeconds } from "./parse_number.ts";

/** `doctor`, parsed. */
export interface DoctorCommand {
  name: "doctor";
  directory: string;
  /** How long to measure. */
  seconds: number;
  json: boolean;
}

/** Reads the arguments of `doctor`; throws `UsageError`. */
export function parseDoctor(
  args: string[],
): DoctorCommand | { name: "help"; topic: "doctor" } {
  const { values, positionals } = parseArguments(args, {
    seconds: { type: "string" },
    json: { type: "boolean" },
  });
  if (values.help) return { name: "help", topic: "doctor" };
  return {
    name: "doctor",
    directory: onlyArgument("doctor", "directory", positionals),
    seconds: parseSeconds("--seconds", values.seconds ?? "10"),
    json: values.json ?? false,
  };
}
