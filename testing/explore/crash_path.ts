import { argumentError } from "../../argument.ts";
import type { Crash, Death } from "./crash_state.ts";

/** The path to one state: the fault, if any, and each death in turn. */
export interface CrashPath {
  readonly seed: number;
  /** The number of the call that has the fault, and the fault's name. */
  readonly fault?:
    | { readonly call: number; readonly name: string }
    | undefined;
  readonly crashes: readonly Crash[];
}

/** Formats a path as one line: `seed=1 fault=3:EIO 5:power:0,2 1:kill`. */
export function formatPath({ seed, fault, crashes }: CrashPath): string {
  return [
    `seed=${seed}`,
    ...fault ? [`fault=${fault.call}:${fault.name}`] : [],
    ...crashes.map(({ instant, death, choices }) =>
      [instant, death, ...choices.length > 0 ? [choices.join(",")] : []]
        .join(":")
    ),
  ].join(" ");
}

/** Reads a line written by {@linkcode formatPath}; throws `TypeError`. */
export function parsePath(line: string): CrashPath {
  const [first, ...words] = line.trim().split(/\s+/);
  const seed = /^seed=(\d+)$/.exec(first);
  if (seed === null) throw refusal(line, first);
  const fault = /^fault=(\d+):(\w+)$/.exec(words[0] ?? "");
  const crashes = words.slice(fault ? 1 : 0).map((word) => {
    const match = /^(\d+):(power|kill|cut)(?::([\d,]+))?$/.exec(word);
    if (match === null) throw refusal(line, word);
    const [, instant, death, choices] = match;
    return {
      instant: Number(instant),
      death: death as Death,
      choices: choices?.split(",").map(Number) ?? [],
    };
  });
  return {
    seed: Number(seed[1]),
    ...fault && { fault: { call: Number(fault[1]), name: fault[2] } },
    crashes,
  };
}

function refusal(line: string, word: string): TypeError {
  const rule = "like seed=1, fault=3:EIO, 5:power:0,2 and 1:kill";
  return argumentError(`replay "${line}"`, "its words", rule, word, false);
}
