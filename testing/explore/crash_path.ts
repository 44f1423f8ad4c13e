import type { Crash, Death } from "./crash_state.ts";

/** The way to one state: what went wrong, and each death in turn. */
export interface CrashPath {
  readonly seed: number;
  /** The fault, by the number of its call and its name. */
  readonly fault?:
    | { readonly call: number; readonly name: string }
    | undefined;
  readonly crashes: readonly Crash[];
}

/** A path in one line, such as `seed=1 fault=3:EIO 5:power:0,2 1:kill`. */
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

/** Reads what {@linkcode formatPath} wrote; throws `TypeError`. */
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
  return new TypeError(
    `Cannot replay "${line}" because its words must be like seed=1, fault=3:EIO, ` +
      `5:power:0,2 and 1:kill: received "${word}"`,
  );
}
