import { fileURLToPath } from "node:url";
import { bundleModule } from "../../../kit/process/bundle_module.ts";
import { Child } from "../../../kit/process/child.ts";
import type { Runtime } from "../../../kit/process/runtimes.ts";

const MAIN = fileURLToPath(
  new URL(
    "../../../../docs/examples/durable-streams/main.ts",
    import.meta.url,
  ),
);

/** How long the server's long polls wait, in ms. */
const LONG_POLL_MS = 500;

/** Makes the example into a module that every runtime can run. */
export function bundleServer(scratch: string): Promise<string> {
  return bundleModule(MAIN, `${scratch}/server.mjs`);
}

/** The example in a process of its own. */
export class ServedStreams implements AsyncDisposable {
  /** The process. */
  readonly child: Child;

  /** Starts it on a port that is free. */
  constructor(
    { command }: Runtime,
    bundle: string,
    directory: string,
    timeoutMs = 20_000,
  ) {
    const args = [bundle, directory, "0", `${LONG_POLL_MS}`];
    this.child = new Child([...command, ...args], { timeoutMs });
  }

  /** Where it listens; throws if it ends before. */
  async origin(): Promise<string> {
    const line = await this.child.nextLine();
    return line.slice(line.indexOf("http://"));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}
