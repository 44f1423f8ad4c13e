import { Client } from "./client.ts";
import type { Start } from "./servers.ts";

const CLIENTS = 8;
const PIPELINE = 16;

/** What was acknowledged before the server was killed, and what was kept. */
export interface KillFindings {
  /** INCRs whose replies arrived. */
  acknowledged: number;
  /** Those of them that a new server does not know. */
  lost: number;
}

/**
 * Lets clients count, each with its own key, kills the server with SIGKILL
 * under `load`, starts it again, and compares.
 */
export async function checkKill(
  start: Start,
  directory: string,
  runMs: number,
  load: (port: number) => Promise<unknown>,
): Promise<KillFindings> {
  const counted = new Array<number>(CLIENTS).fill(0);
  {
    await using server = await start(directory);
    const loading = load(server.port).catch(() => {});
    const counting = counted.map(async (_, key) => {
      using client = await Client.connect(server.port);
      await countOn(client, `count:${key}`, (value) => counted[key] = value);
    });
    await new Promise((resolve) => setTimeout(resolve, runMs));
    server.child.kill("SIGKILL");
    await Promise.all([...counting, loading]);
  }
  await using server = await start(directory);
  using client = await Client.connect(server.port);
  const findings: KillFindings = { acknowledged: 0, lost: 0 };
  for (const [key, told] of counted.entries()) {
    const kept = Number(await client.ask("GET", `count:${key}`) ?? 0);
    findings.acknowledged += told;
    findings.lost += Math.max(0, told - kept);
  }
  return findings;
}

/** Counts until the server is gone. */
async function countOn(
  client: Client,
  key: string,
  told: (value: number) => void,
): Promise<void> {
  while (true) {
    const replies = client.repeat(PIPELINE, "INCR", key)
      .map((reply) => reply.then((value) => told(Number(value))));
    const outcomes = await Promise.allSettled(replies);
    if (outcomes.some(({ status }) => status === "rejected")) return;
  }
}
