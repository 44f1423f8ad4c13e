import process from "node:process";

/*
 * What is explored can be shared among the runtimes: each case is explored in
 * depth by one of them, and tried by another one, with other seeds. All see the
 * same with the same seed, as a test shows. The variable `SYNCLINE_SHARE` says
 * which share of how many this is, such as `2/5`. Without it there is one.
 */
const [index, count] = (process.env["SYNCLINE_SHARE"] ?? "1/1").split("/")
  .map(Number);

/** Which share this is, from 1 on: a seed, too. */
export const shareIndex: number = index;

/** Whether the case numbered `number` is for this share to explore in depth. */
export function isMine(number: number): boolean {
  return number % count === index % count;
}

/** How a case is explored by this share. */
export type Depth = "deep" | "shallow" | "not at all";

/** How the case numbered `number` is explored by this share. */
export function depthOf(number: number): Depth {
  if (isMine(number)) return "deep";
  return isMine(number + 1) ? "shallow" : "not at all";
}

/**
 * Counts cases; each call returns the options with which this share explores the
 * next one: `deep` ones, the shallow ones, or none if it does not.
 */
export function shareCases<Options>(
  shallow: Options,
): (deep: Options) => Options | undefined {
  let cases = 0;
  return (deep) => {
    const depth = depthOf(cases++);
    if (depth === "not at all") return undefined;
    return depth === "deep" ? deep : shallow;
  };
}

/**
 * Half as many for each run of tests that run on Deno alone, of the sources and
 * of the package, unless there is one.
 */
export function shareOfDeno(samples: number): number {
  return count === 1 ? samples : Math.ceil(samples / 2);
}

/** This share of `samples`, at least one. */
export function shareOf(samples: number): number {
  return Math.ceil(samples / count);
}
