import { runChild } from "./child.ts";
import type { Runtime } from "./runtimes.ts";
import type { Verified } from "./verify_log.ts";
import type { VerifierOrders } from "./victims/verifier.ts";

/** Lets a fresh process open logs and compare them; throws on any flaw. */
export async function verifyLogs(
  { command }: Runtime,
  verifier: string,
  orders: readonly VerifierOrders[],
): Promise<Verified[]> {
  const args = [...command, verifier, JSON.stringify(orders)];
  const { output } = await runChild(args);
  return output.trimEnd().split("\n").map((line) => JSON.parse(line));
}
