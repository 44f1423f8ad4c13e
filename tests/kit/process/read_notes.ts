import { existsSync, readFileSync } from "node:fs";

/** What the notes of one process say. */
export interface Notes {
  /** LSNs acknowledged at `os` or `disk`, in order of their acks. */
  readonly acked: readonly number[];
  /** The highest of them, 0 if there is none. */
  readonly highest: number;
  /** Records below may be gone; 0 if nothing was truncated. */
  readonly truncating: number;
}

/** Reads the notes of a process, which may never have made any. */
export function readNotes(file: string): Notes {
  return parseNotes(existsSync(file) ? readFileSync(file, "utf8") : "");
}

/** Takes notes apart. */
export function parseNotes(text: string): Notes {
  // What follows the end of the last line was not written completely.
  const lines = text.split("\n").slice(0, -1).map((line) => line.split(" "));
  const lsnsOf = (words: string[]) =>
    lines.filter(([word]) => words.includes(word)).map(([, lsn]) =>
      Number(lsn)
    );
  const acked = lsnsOf(["os", "disk"]);
  return {
    acked,
    highest: acked.reduce((most, lsn) => Math.max(most, lsn), 0),
    truncating: lsnsOf(["truncating"]).reduce((a, b) => Math.max(a, b), 0),
  };
}
