/** Those of `all` that one of `wanted` fits, or all; throws for a stranger. */
export function choose<T extends { name: string }>(
  all: readonly T[],
  wanted: readonly string[],
  fits: (name: string, want: string) => boolean = (name, want) => name === want,
): T[] {
  for (const want of wanted) {
    if (all.some(({ name }) => fits(name, want))) continue;
    const names = all.map(({ name }) => name).join("; ");
    throw new RangeError(
      `Cannot choose as it must be one of ${names}: received "${want}"`,
    );
  }
  return all.filter(({ name }) =>
    wanted.length === 0 || wanted.some((want) => fits(name, want))
  );
}

/** Whether a name begins so, in small letters or large ones. */
export function begins(name: string, want: string): boolean {
  return name.toLowerCase().startsWith(want.toLowerCase());
}
