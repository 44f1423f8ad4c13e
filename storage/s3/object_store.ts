import { argumentError, requireInteger } from "../../argument.ts";

/** What every call on an object store takes. */
export interface ObjectCallOptions {
  /**
   * Ends the wait for the answer: the call then rejects with the signal's
   * reason. What was asked for may still happen. Default: none.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `ObjectStore.create`. */
export interface CreateOptions extends ObjectCallOptions {
  /**
   * Tells this object from any other that may ever get the same key: 1 to 200
   * printable ASCII characters without spaces. The store keeps it with the
   * object. A try that is repeated has the same id.
   */
  readonly id: string;
}

/** Options of `ObjectStore.get`. */
export interface GetOptions extends ObjectCallOptions {
  /**
   * The bytes to get, from `from` up to, but not including, `to`, which is
   * larger. The object has more than `from` bytes; it may end before `to`.
   * Default: all.
   */
  readonly range?: { readonly from: number; readonly to: number } | undefined;
}

/** Options of `ObjectStore.list`. */
export interface ListOptions extends ObjectCallOptions {
  /** What the keys begin with. Default: `""`, for all. */
  readonly prefix?: string | undefined;
  /** Only keys that sort after this one. Default: `""`, for all. */
  readonly after?: string | undefined;
  /** Most objects to list, from 1 to 1000. Default: 1000. */
  readonly limit?: number | undefined;
}

/** What a store says about an object. */
export interface ObjectHead {
  /** Number of bytes of the whole object. */
  readonly size: number;
  /** What it was created with; absent if there is none. */
  readonly id?: string | undefined;
}

/** An object, or a part of it. */
export interface ObjectContent extends ObjectHead {
  /** The bytes that were asked for. The store keeps no reference to them. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A line of a listing. */
export interface ListedObject {
  /** The object's key. */
  readonly key: string;
  /** Number of bytes. */
  readonly size: number;
}

/** A part of a listing. */
export interface ObjectPage {
  /** In ascending order of their keys. */
  readonly objects: readonly ListedObject[];
  /**
   * Whether more follow: the next page is the one `after` the last key here,
   * which has at least one object then.
   */
  readonly isTruncated: boolean;
}

/**
 * The lower seam of logs on object storage: immutable objects in a place of a
 * bucket. Each call makes one try; {@linkcode RetryingStore} repeats it.
 *
 * Keys are relative to the place. A key consists of ASCII letters, digits and
 * `-_.`, in parts separated by `/`; no part is empty, `.` or `..`. Anything else
 * is a `TypeError`, before anything is sent.
 *
 * All calls may run concurrently, and see all that was created or removed
 * before they began, through whatever client. They reject with an
 * {@linkcode ObjectStoreError} if the store refuses, or if no answer comes; what
 * was asked for may then have happened all the same.
 */
export interface ObjectStore {
  /** Where it is, for messages: `s3://bucket/prefix`. */
  readonly location: string;
  /**
   * Creates an object, unless there is one with this key: of any number of
   * callers that try at the same time, exactly one creates it. Once it resolves
   * with `"created"`, the object is durable and all its bytes are there; with
   * `"exists"`, no object was replaced. The one that is there may be this
   * caller's, if the way to the store repeats requests. The caller may change
   * `bytes` afterwards.
   */
  create(
    key: string,
    bytes: Uint8Array,
    options: CreateOptions,
  ): Promise<"created" | "exists">;
  /** Gets an object or a part of it; `undefined` if there is none. */
  get(key: string, options?: GetOptions): Promise<ObjectContent | undefined>;
  /** Says what is known of an object; `undefined` if there is none. */
  head(
    key: string,
    options?: ObjectCallOptions,
  ): Promise<ObjectHead | undefined>;
  /** Lists objects in ascending order of their keys, as ASCII sorts. */
  list(options?: ListOptions): Promise<ObjectPage>;
  /** Removes an object; there may be none. */
  remove(key: string, options?: ObjectCallOptions): Promise<void>;
}

/** What is known of a call that failed. */
export interface ObjectFailure {
  /** The HTTP status; 0 if no answer came. */
  readonly status: number;
  /**
   * The store's word for it, such as `"SlowDown"`, or the runtime's, such as
   * `"ECONNREFUSED"`; empty if there is none.
   */
  readonly code: string;
  /** How long the store asks to wait before another try, in ms. */
  readonly retryAfterMs?: number | undefined;
}

/** What an {@linkcode ObjectStoreError} is made of. */
export interface ObjectStoreErrorDetails extends ObjectFailure, ErrorOptions {
  /** What could not be done, such as `create`. */
  readonly action: string;
  /** Where the store is. */
  readonly location: string;
  /** The key of the object; empty if the call was about none. */
  readonly key: string;
  /** Why, if more is known than the code says. */
  readonly reason?: string | undefined;
  /** The store's name for the request, for its operators. */
  readonly requestId?: string | undefined;
}

/**
 * Thrown if an object store refuses a call, or does not answer.
 *
 * @example
 * ```ts
 * import { MemoryObjectStore } from "@syncline/wal/storage/s3";
 * import assert from "node:assert/strict";
 *
 * const store = new MemoryObjectStore({
 *   onCall: () => ({ error: { status: 403, code: "AccessDenied" } }),
 * });
 * await assert.rejects(store.head("a"), {
 *   name: "ObjectStoreError",
 *   message: 'Cannot look up "[memory]/a" because access is denied (403 ' +
 *     "AccessDenied)",
 * });
 * ```
 */
export class ObjectStoreError extends Error implements ObjectFailure {
  /** The class's name. */
  override readonly name = "ObjectStoreError";
  /** The HTTP status; 0 if no answer came. */
  readonly status: number;
  /** The store's or the runtime's word for it; empty if there is none. */
  readonly code: string;
  /** The key of the object; empty if the call was about none. */
  readonly key: string;
  /** The store's name for the request; absent if it gave none. */
  readonly requestId: string | undefined;
  /** How long the store asks to wait before another try, in ms. */
  readonly retryAfterMs: number | undefined;

  /** Creates the error; stores pass the runtime's error as `cause`. */
  constructor(details: ObjectStoreErrorDetails) {
    const { action, location, key, status, code, requestId } = details;
    const reason = details.reason ?? REASONS[code] ??
      (status === 0 ? "no answer came" : "the store refused");
    const facts = [
      [status === 0 ? "" : status, code].filter(Boolean).join(" "),
      requestId === undefined ? "" : `request ${requestId}`,
    ].filter(Boolean).join(", ");
    super(
      `Cannot ${action} "${location}${key && `/${key}`}" because ${reason}` +
        (facts && ` (${facts})`),
      details,
    );
    this.status = status;
    this.code = code;
    this.key = key;
    this.requestId = requestId;
    this.retryAfterMs = details.retryAfterMs;
  }
}

const REASONS: Readonly<Record<string, string | undefined>> = {
  AccessDenied: "access is denied",
  ConditionalRequestConflict: "another request for this key is in progress",
  ConnectionRefused: "nothing listens there",
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the host is unknown",
  ExpiredToken: "the session token has expired",
  InvalidAccessKeyId: "the access key is unknown",
  NoSuchBucket: "the bucket does not exist",
  NotImplemented: "the store cannot do that",
  RequestTimeTooSkewed: "the clock here differs too much from the store's",
  SignatureDoesNotMatch: "the secret key or the region is wrong",
  SlowDown: "the store asks for fewer requests",
  TimeoutError: "no answer came in time",
};

const KEY = /^[\w.-]+(?:\/[\w.-]+)*$/;

/** Throws `TypeError` unless `key` is a key, as {@linkcode ObjectStore} says. */
export function requireKey(action: string, key: unknown): void {
  const isKey = typeof key === "string" && key.length <= 900 &&
    KEY.test(key) && !/(^|\/)\.{1,2}(\/|$)/.test(key);
  if (isKey) return;
  const rule = "letters, digits, - _ and . in parts separated by /";
  throw argumentError(action, "its key", rule, key, false);
}

/** Throws `TypeError` unless `id` is an id. */
export function requireId(action: string, id: unknown): void {
  if (typeof id === "string" && /^[!-~]{1,200}$/.test(id)) return;
  const rule = "1 to 200 printable ASCII characters";
  throw argumentError(action, "id", rule, id, false);
}

/** Throws `RangeError` unless `range` has a byte. */
export function requireRange(action: string, range: GetOptions["range"]): void {
  if (range === undefined) return;
  const from = requireInteger(action, "from", range.from, 0);
  requireInteger(action, "to", range.to, from + 1);
}
