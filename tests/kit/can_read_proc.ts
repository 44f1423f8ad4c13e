import { readdirSync } from "node:fs";

/**
 * Whether a test may look into /proc: it is there, and Deno, which wants all
 * permissions for that, has them. Says so if not.
 */
export function canReadProc(): boolean {
  try {
    readdirSync("/proc/self/fd");
    return true;
  } catch {
    console.warn("SKIPPED as /proc cannot be read");
    return false;
  }
}
