import { runChild } from "../../tests/kit/process/child.ts";
import { commandFor, type RuntimeName } from "./runtime.ts";
import { withDirectory } from "./with_directory.ts";

/** Where and with what a child is run. */
export interface JobSite {
  readonly runtime: RuntimeName;
  /** The bundled module. */
  readonly worker: string;
  /** A directory on the disk that is measured. */
  readonly place: string;
  /** After how long the child counts as hanging; a minute by default. */
  readonly timeoutMs?: number;
  /** What V8 is told, such as `"--expose-gc"`. */
  readonly v8Flags?: readonly string[];
}

/**
 * Runs a child with `job` and an empty `directory` as its argument, and answers
 * with the JSON in the last line of its output.
 */
export function runJob<T>(site: JobSite, job: object): Promise<T> {
  const { runtime, worker, place, timeoutMs = 60_000, v8Flags } = site;
  return withDirectory(place, async (directory) => {
    const command = commandFor(runtime, worker, { ...job, directory }, v8Flags);
    const { output } = await runChild(command, { timeoutMs });
    return JSON.parse(output.trim().split("\n").at(-1)!) as T;
  });
}
