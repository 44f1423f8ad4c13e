/** What a store charges, in its currency. */
export interface Prices {
  /** 1,000 PUT or LIST requests; refused ones count, too. */
  readonly put: number;
  /** 1,000 GET or HEAD requests. */
  readonly get: number;
  /** A GB (2^30 bytes) stored for a month. */
  readonly gb: number;
  /** A GB that readers fetch. */
  readonly out: number;
}

/**
 * S3 Standard in us-east-1, in USD, as known in November 2026; reading within
 * the region costs nothing by the GB.
 */
export const STANDARD: Prices = { put: 0.005, get: 0.0004, gb: 0.023, out: 0 };

/** Requests of some time, or of one occasion. Removing objects is free. */
export interface Requests {
  readonly puts: number;
  readonly lists: number;
  readonly gets: number;
}

/** No requests. */
export const NONE: Requests = { puts: 0, lists: 0, gets: 0 };

/** All of them together. */
export function sum(...all: readonly Requests[]): Requests {
  return all.reduce((one, other) => ({
    puts: one.puts + other.puts,
    lists: one.lists + other.lists,
    gets: one.gets + other.gets,
  }), NONE);
}

/** So many times these requests. */
export function times({ puts, lists, gets }: Requests, n: number): Requests {
  return { puts: puts * n, lists: lists * n, gets: gets * n };
}

/** What requests cost. */
export function priceOf(
  { puts, lists, gets }: Requests,
  { put, get }: Prices,
): number {
  return ((puts + lists) * put + gets * get) / 1000;
}
