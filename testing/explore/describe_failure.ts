import type { MemoryStorage, StorageCall } from "../../storage/memory/mod.ts";
import { type CrashPath, formatPath } from "./crash_path.ts";
import type { CrashState } from "./crash_state.ts";
import type { Recording } from "./recording.ts";

/** Number of calls to show. */
const CALLS = 12;

/** The error for a check that threw `cause` on `state`, after a crash. */
export function describeFailure<Fact>(
  path: CrashPath,
  { instants }: Recording<Fact>,
  { crash, storage, facts }: CrashState<Fact>,
  cause: unknown,
): ExplorationError {
  const replay = formatPath(path);
  const reason = cause instanceof Error ? cause.message : String(cause);
  const calls = instants.slice(0, crash.instant + 1)
    .map(({ next }, at) => `  ${at} ${describeCall(next)}`);
  const message = [
    `The check fails after a crash: ${reason}`,
    `replay: "${replay}"`,
    "calls in that life, of which the last was not made:",
    ...calls.slice(-CALLS),
    "facts:",
    ...facts.map((noted) => `  ${JSON.stringify(noted)}`),
    "disk:",
    describeDisk(storage),
  ];
  return new ExplorationError(message.join("\n"), replay, storage, { cause });
}

const SHOWN_BYTES = 512;

/** All files of a storage, with their first bytes in hexadecimal. */
function describeDisk(storage: MemoryStorage): string {
  const names = storage.list().sort();
  if (names.length === 0) return "  no file";
  return names.map((name) => {
    const bytes = storage.get(name)!;
    const rows = hexRows(bytes.subarray(0, SHOWN_BYTES));
    if (bytes.length > SHOWN_BYTES) rows.push("    ...");
    return [`  ${name}, ${bytes.length} bytes`, ...rows].join("\n");
  }).join("\n");
}

/** Describes a call, without its storage. */
export function describeCall(call: StorageCall | undefined): string {
  if (call === undefined) return "the end";
  const { operation, file, offset, bytes } = call;
  const where = operation === "write" ? ` at ${offset}, ${bytes} bytes` : "";
  return `${operation}${file && ` ${file}`}${where}`;
}

/** Total bytes of all files. */
export function diskBytes(storage: MemoryStorage): number {
  return storage.list()
    .reduce((sum, name) => sum + storage.get(name)!.length, 0);
}

/** Rows of 16 bytes; a run of zeros takes one row. */
function hexRows(bytes: Uint8Array): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const isZero = row.every((byte) => byte === 0);
    if (isZero && rows.at(-1)?.endsWith("zeros")) continue;
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, "0"));
    const text = String.fromCharCode(...row).replaceAll(/[^ -~]/g, ".");
    const offset = at.toString(16).padStart(4, "0");
    rows.push(
      `    ${offset}  ${
        isZero ? "zeros" : `${hex.join(" ").padEnd(47)}  ${text}`
      }`,
    );
  }
  return rows;
}

/** The check of an exploration failed in a state after a crash. */
export class ExplorationError extends Error {
  /** The class's name. */
  override readonly name = "ExplorationError";

  /** Thrown by {@linkcode explore}; `cause` is what the check threw. */
  constructor(
    message: string,
    /** The line that replays the failure; see `ExploreOptions`. */
    readonly replay: string,
    /** The disk as the check found it: the smallest one that failed. */
    readonly storage: MemoryStorage,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}
