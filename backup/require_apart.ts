import { argumentError } from "../argument.ts";
import type { Storage } from "../storage/storage.ts";

/** What a place of a log or a backup must be. */
export const PLACE_RULE = "a path that is not empty, a file URL or a storage";

/** Throws `TypeError` if source and target are the same directory. */
export function requireApart(
  action: string,
  source: Storage,
  target: Storage,
): void {
  const { location } = target;
  // A location in brackets is not a path.
  const isSamePath = location === source.location && !location.startsWith("[");
  if (source !== target && !isSamePath) return;
  const rule = "another directory than the source";
  throw argumentError(action, "its target", rule, location, false);
}
