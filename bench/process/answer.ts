import process from "node:process";

/** In a child: what it was asked to do. */
export function readJob<T>(): T {
  return JSON.parse(process.argv[2]) as T;
}

/** In a child: prints the result and ends, whatever is still under way. */
export function answer(result: unknown): void {
  process.stdout.write(`\n${JSON.stringify(result ?? null)}\n`, () => {
    process.exit(0);
  });
}
