import { isCleanlyClosed } from "../../recovery/decide_tail.ts";
import type { LogReport } from "./examine_log.ts";

/** How a log ends. */
export interface LogEnd {
  /**
   * - `"empty"`: there is no segment;
   * - `"closed"`: the last writer closed it, which the manifest says;
   * - `"frame"`: it ends with a whole frame: a writer lives, or was killed;
   * - `"zeros"`: zeros follow the last frame: space for more;
   * - `"writing"`: the owner, who lives, is writing a frame there;
   * - `"torn"`: bytes lie there that a crash has left;
   * - `"corrupt"`: synced bytes have changed or are gone.
   */
  readonly state:
    | "empty"
    | "closed"
    | "frame"
    | "zeros"
    | "writing"
    | "torn"
    | "corrupt";
  /** Where the last whole frame ends in the last segment. */
  readonly offset: number;
  /** Bytes that follow it and are no frames. */
  readonly bytes: number;
}

/** Says how a log ends. */
export function describeEnd({ reports, tail, manifest }: LogReport): LogEnd {
  const last = reports.at(-1);
  if (last === undefined) return { state: "empty", offset: 0, bytes: 0 };
  if (tail === undefined) {
    return { state: "corrupt", offset: last.damage?.offset ?? 0, bytes: 0 };
  }
  const { remainder, stop: { offset } } = tail.scan;
  const bytes = remainder === "nothing" ? 0 : tail.scan.bytes - offset;
  const place = { offset, bytes };
  if (isCleanlyClosed(tail.scan, manifest)) {
    return { state: "closed", ...place };
  }
  switch (remainder) {
    case "nothing":
      return { state: "frame", ...place };
    case "zeros":
      return { state: "zeros", ...place };
    case "bytes":
      return { state: "torn", ...place };
  }
}

/** Says of a file that is not the log's that it is there. */
export function describeStray(name: string): string {
  return `${name} is not the log's, and is left alone`;
}
