import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { FormatVersionError } from "../storage/format/mod.ts";
import {
  CompactedError,
  FencedError,
  TruncatedError,
} from "../storage/frame_log.ts";
import { StorageError, StorageFullError } from "../storage/storage_error.ts";
import { ConflictError, QueueFullError } from "../writer/append_queue.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import { LogFailedError } from "../writer/log_failed_error.ts";
import { LsnExhaustedError } from "../writer/lsn_exhausted_error.ts";
import { RecordTooLargeError } from "../writer/record.ts";

/** An error in a message: messages keep no class, and few fields. */
export interface Failure {
  /** Name of its class, or of the nearest class above it that is known. */
  readonly kind: string;
  readonly message: string;
  /** Where it was made, in the other thread. */
  readonly stack: string | undefined;
  /** Its own fields that are plain values. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Its cause, if it has one, which may be no error. */
  readonly cause?: Failure | string;
}

/** The errors that callers may tell apart, by names that no bundler changes. */
const CLASSES: ReadonlyMap<string, { readonly prototype: Error }> = new Map(
  Object.entries({
    ...{ ConflictError, QueueFullError, LsnExhaustedError },
    ...{ RecordTooLargeError, LogClosedError, LogFailedError, FencedError },
    ...{ StorageError, StorageFullError, CorruptLogError },
    ...{ FormatVersionError, CompactedError, TruncatedError },
    ...{ TypeError, RangeError },
  }),
);

/** Causes of causes beyond this depth are left out: they may go in circles. */
const MOST_CAUSES = 8;

/** What to send of `error`. */
export function toFailure(error: unknown, depth = 0): Failure {
  if (!(error instanceof Error)) {
    const message = textOf(error);
    return { kind: "Error", message, stack: undefined, fields: {} };
  }
  const { message, stack, cause } = error;
  const fields = Object.fromEntries(
    Object.entries(error).filter(([name, value]) =>
      name !== "cause" && isPlain(value)
    ),
  );
  const failure = { kind: kindOf(error), message, stack, fields };
  if (cause === undefined || depth === MOST_CAUSES) return failure;
  const sent = cause instanceof Error
    ? toFailure(cause, depth + 1)
    : textOf(cause);
  return { ...failure, cause: sent };
}

/** The error again, of the same class, with the same message and fields. */
export function toError(failure: Failure): Error {
  const { kind, message, stack, fields, cause } = failure;
  const options = cause === undefined
    ? undefined
    : { cause: typeof cause === "string" ? cause : toError(cause) };
  // A true error, whatever its prototype: consoles show it as one.
  const error = new Error(message, options);
  const { prototype = Error.prototype } = CLASSES.get(kind) ?? {};
  Object.setPrototypeOf(error, prototype);
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(error, name, {
      ...{ value, enumerable: true, writable: true, configurable: true },
    });
  }
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** The class of an error, found not by its name: a bundler may change that. */
function kindOf(error: Error): string {
  for (
    let prototype = Object.getPrototypeOf(error);
    prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const [kind, known] of CLASSES) {
      if (known.prototype === prototype) return kind;
    }
  }
  return "Error";
}

function isPlain(value: unknown): boolean {
  return ["string", "number", "boolean", "undefined"].includes(typeof value);
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "a value that has no text";
  }
}
