/** How long a soak goes on, and from which seed. */
export interface SoakArguments {
  readonly count: number;
  readonly seed: number;
}

/**
 * Reads `COUNT SEED`, both optional, and says what they are. Throws
 * `RangeError` unless they are integers.
 *
 * @param args The arguments.
 * @param count How many of them without an argument.
 * @param things What is counted.
 */
export function soakArguments(
  args: readonly string[],
  count: number,
  things: string,
): SoakArguments {
  const [given = count, seed = Math.floor(Math.random() * 2 ** 31)] = args;
  const read = { count: Number(given), seed: Number(seed) };
  if (!Number.isSafeInteger(read.count + read.seed)) {
    throw new RangeError(
      `Cannot begin because the number of ${things} and the seed must be ` +
        `integers: received ${args.join(" ")}`,
    );
  }
  console.log(`${read.count} ${things}, seed ${read.seed}`);
  return read;
}
