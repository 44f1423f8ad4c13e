/**
 * What is true of a record once it is acknowledged:
 *
 * - `"memory"`: it has its place in the queue; lost if the process dies;
 * - `"os"`: it was written; survives a killed process, not power loss;
 * - `"disk"`: it was synced; survives power loss.
 */
export type AckLevel = "memory" | "os" | "disk";

/** Throws `TypeError` unless `value` is an {@linkcode AckLevel}. */
export function requireAckLevel(value: unknown): AckLevel {
  if (value === "disk" || value === "os" || value === "memory") return value;
  throw new TypeError(
    `Cannot acknowledge at that level as it must be "memory", "os" or ` +
      `"disk": received ${
        typeof value === "string" ? `"${value}"` : String(value)
      }`,
  );
}
