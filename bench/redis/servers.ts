import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { Child } from "../../tests/kit/process/child.ts";
import { Client } from "./client.ts";

/** A server that is running, until it is disposed of. */
export interface Running extends AsyncDisposable {
  readonly port: number;
  readonly child: Child;
}

/** Starts a server on what `directory` holds. */
export type Start = (directory: string) => Promise<Running>;

/** No run takes as long: what hangs is killed after that. */
const TIMEOUT_MS = 3_600_000;

/** Redis, which syncs before it replies, and rewrites its file as it grows. */
export const startRedis: Start = (directory) =>
  start((port) => [
    ...["redis-server", "--bind", "127.0.0.1", "--port", `${port}`],
    ...["--dir", directory, "--logfile", "log", "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", "always"],
  ]);

/** The example in docs/examples/resp-server, started by a command. */
export function startExample(command: readonly string[]): Start {
  return (directory) =>
    start((port) => [...command, join(directory, "log"), `${port}`]);
}

async function start(command: (port: number) => string[]): Promise<Running> {
  const port = await freePort();
  const child = new Child(command(port), { timeoutMs: TIMEOUT_MS });
  const dispose = () => child[Symbol.asyncDispose]();
  const died = child.ended.then(({ errors }) => {
    throw new Error(`the server ended: ${errors}`);
  });
  try {
    using client = await Promise.race([Client.connect(port), died]);
    await client.ask("PING");
  } catch (error) {
    await dispose();
    throw error;
  } finally {
    died.catch(() => {});
  }
  return { port, child, [Symbol.asyncDispose]: dispose };
}

/** A port on which nobody listens now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
