import { readdirSync } from "node:fs";

/**
 * Whether a test can read /proc: it exists, and Deno, which requires all
 * permissions for that, has them. Says so if not.
 */
export function canReadProc(): boolean {
  try {
    readdirSync("/proc/self/fd");
    return true;
  } catch {
    console.warn("skipped: /proc cannot be read");
    return false;
  }
}
