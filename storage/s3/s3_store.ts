import { requireInteger, requireOptions } from "../../argument.ts";
import {
  type CreateOptions,
  type GetOptions,
  type ListOptions,
  type ObjectCallOptions,
  type ObjectContent,
  type ObjectFailure,
  type ObjectHead,
  type ObjectPage,
  type ObjectStore,
  ObjectStoreError,
  requireId,
  requireKey,
  requireRange,
} from "./object_store.ts";
import { readListing, readS3Error } from "./s3_answers.ts";
import {
  encodeKey,
  encodeQuery,
  locate,
  type S3Location,
} from "./s3_location.ts";
import {
  environment,
  networkCode,
  networkReason,
  type S3Credentials,
  type S3Request,
  type SignedFetch,
  signedFetch,
} from "./signed_fetch.ts";

/** Options of `S3Store.open`. */
export interface S3Options {
  /**
   * Address of the store, such as `http://127.0.0.1:9000`. Default: the
   * environment's `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, or Amazon's in
   * the region.
   */
  readonly endpoint?: string | undefined;
  /**
   * Region that requests are signed for. Default: the environment's `AWS_REGION`
   * or `AWS_DEFAULT_REGION`, or `us-east-1`.
   */
  readonly region?: string | undefined;
  /**
   * Whether the bucket is in the path of an address or in its host name.
   * Default: `"path"` with an endpoint, or if the bucket's name has a dot;
   * otherwise `"virtual"`.
   */
  readonly addressing?: "path" | "virtual" | undefined;
  /**
   * Signs requests, or a function that is called before each request and returns
   * what does: session tokens expire. Default: the environment's
   * `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
   */
  readonly credentials?:
    | S3Credentials
    | (() => Promise<S3Credentials>)
    | undefined;
  /**
   * Signs and sends requests instead; then neither credentials nor the package
   * aws4fetch are needed. It must not try again. Default: aws4fetch signs and
   * the runtime's `fetch` sends.
   */
  readonly fetch?: SignedFetch | undefined;
}

const KNOWN = ["endpoint", "region", "addressing", "credentials", "fetch"];

const OPEN = "open an object store";

/** What an answer to a request has in common with all others. */
interface Asked {
  readonly action: string;
  readonly key: string;
}

interface SendOptions extends ObjectCallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Statuses, apart from 2xx, that are answers and no errors. */
  readonly expects?: readonly number[];
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * A place in a bucket of Amazon S3 or of a store that speaks its protocol. What
 * it needs of the store, {@linkcode certify} checks: conditional writes above
 * all.
 *
 * Requests are signed by the package aws4fetch, an optional peer, unless you
 * pass a `fetch` that signs them. The checksum of what is sent is part of the
 * signature, so the store refuses bytes that changed on the way. The credentials
 * must permit `s3:ListBucket` on the bucket, and `s3:GetObject`, `s3:PutObject`
 * and `s3:DeleteObject` on the objects.
 *
 * Each call makes one request and does not repeat it: that is for
 * {@linkcode RetryingStore}. But Deno and Bun repeat a request if its connection
 * had been kept from an earlier one and ends, so `"exists"` may be about an
 * object that this very call created; `RetryingStore` looks that up.
 *
 * @example
 * ```ts ignore
 * import { RetryingStore, S3Store } from "@syncline/wal/storage/s3";
 *
 * const s3 = await S3Store.open("s3://my-bucket/orders", {
 *   region: "eu-central-1",
 * });
 * const store = new RetryingStore(s3);
 * const bytes = new TextEncoder().encode("hello");
 * const outcome = await store.create("greeting", bytes, {
 *   id: crypto.randomUUID(),
 * });
 * console.log(outcome); // "created", or "exists" if somebody else was first
 * ```
 */
export class S3Store implements ObjectStore {
  /** The place: `s3://bucket/prefix`. */
  readonly location: string;
  readonly #location: S3Location;
  readonly #fetch: SignedFetch;

  private constructor(location: S3Location, fetch: SignedFetch) {
    this.location = location.name;
    this.#location = location;
    this.#fetch = fetch;
  }

  /**
   * Opens a place, `s3://bucket` or `s3://bucket/prefix`. Makes no request.
   * Throws a `TypeError` if the location or an option is invalid, if there are
   * no credentials, and if aws4fetch is needed but not installed.
   */
  static async open(
    location: string,
    options: S3Options = {},
  ): Promise<S3Store> {
    requireOptions(OPEN, options, KNOWN);
    const region = options.region ?? environment("AWS_REGION") ??
      environment("AWS_DEFAULT_REGION") ?? "us-east-1";
    const endpoint = options.endpoint ?? environment("AWS_ENDPOINT_URL_S3") ??
      environment("AWS_ENDPOINT_URL");
    const { addressing, credentials } = options;
    const found = locate(OPEN, location, { endpoint, region, addressing });
    const fetch = options.fetch ??
      await signedFetch(OPEN, { region, credentials });
    return new S3Store(found, fetch);
  }

  /** Creates an object by a conditional PUT, unless there is one. */
  async create(
    key: string,
    bytes: Uint8Array,
    { id, signal }: CreateOptions,
  ): Promise<"created" | "exists"> {
    requireKey("create an object", key);
    requireId("create an object", id);
    const { status } = await this.#send("PUT", { action: "create", key }, {
      headers: {
        "content-type": "application/octet-stream",
        "if-none-match": "*",
        "x-amz-meta-id": id,
      },
      body: bytes,
      expects: [412],
      signal,
    });
    return status === 412 ? "exists" : "created";
  }

  /** Gets an object or a part of it; `undefined` if there is none. */
  async get(
    key: string,
    { range, signal }: GetOptions = {},
  ): Promise<ObjectContent | undefined> {
    requireKey("get an object", key);
    requireRange("get an object", range);
    const asked = { action: "get", key };
    const { status, headers, body } = await this.#send("GET", asked, {
      headers: range === undefined
        ? {}
        : { range: `bytes=${range.from}-${range.to - 1}` },
      expects: [404],
      signal,
    });
    if (status === 404) return undefined;
    if (range === undefined) {
      return { size: body.length, id: idOf(headers), bytes: body };
    }
    const [, from, last, size] = CONTENT_RANGE
      .exec(headers.get("content-range") ?? "") ?? [];
    const isAsked = status === 206 && Number(from) === range.from &&
      Number(last) === Math.min(range.to, Number(size)) - 1 &&
      body.length === Number(last) - range.from + 1;
    if (!isAsked) {
      throw this.#bad(asked, status, "the store answered with another range");
    }
    return { size: Number(size), id: idOf(headers), bytes: body };
  }

  /** Says what is known of an object; `undefined` if there is none. */
  async head(
    key: string,
    { signal }: ObjectCallOptions = {},
  ): Promise<ObjectHead | undefined> {
    requireKey("look up an object", key);
    const asked = { action: "look up", key };
    const { status, headers } = await this.#send("HEAD", asked, {
      expects: [404],
      signal,
    });
    if (status === 404) return undefined;
    const size = headers.get("content-length");
    if (size === null) throw this.#bad(asked, status, "it told no size");
    return { size: Number(size), id: idOf(headers) };
  }

  /** Lists objects by ListObjectsV2, in ascending order of their keys. */
  async list(
    { prefix = "", after = "", limit = 1000, signal }: ListOptions = {},
  ): Promise<ObjectPage> {
    requireInteger("list objects", "limit", limit, 1, 1000);
    const { place } = this.#location;
    const asked = { action: "list", key: "" };
    // After the place itself: consoles make an object of that name, a folder.
    const start = prefix + after === "" ? place : after && place + after;
    const { status, body } = await this.#send("GET", asked, {
      query: {
        "encoding-type": "url",
        "list-type": "2",
        "max-keys": `${limit}`,
        "prefix": place + prefix,
        ...(start !== "" && { "start-after": start }),
      },
      signal,
    });
    try {
      return readListing(new TextDecoder().decode(body), place);
    } catch (error) {
      throw this.#bad(asked, status, (error as Error).message, error);
    }
  }

  /** Removes an object; there may be none. */
  async remove(
    key: string,
    { signal }: ObjectCallOptions = {},
  ): Promise<void> {
    requireKey("remove an object", key);
    const asked = { action: "remove", key };
    await this.#send("DELETE", asked, { expects: [404], signal });
  }

  /** Sends a request and reads the whole answer; refusals are errors. */
  async #send(
    method: string,
    asked: Asked,
    { headers, query, body, expects = [], signal }: SendOptions,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    const { bucketUrl, place } = this.#location;
    const path = asked.key === "" ? "/" : `/${encodeKey(place + asked.key)}`;
    const url = bucketUrl + path + (query ? `?${encodeQuery(query)}` : "");
    const answer = await this.#exchange(url, asked, {
      method,
      headers: { ...headers, "x-amz-content-sha256": await sha256(body) },
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
      redirect: "manual",
      ...(signal && { signal }),
    });
    const { status } = answer;
    if (status >= 200 && status < 300) return answer;
    const { code, requestId } = readS3Error(
      new TextDecoder().decode(answer.body),
    );
    // 404 has more meanings, and so has a proxy's that knows no way. An answer
    // to HEAD has no body to say which.
    const isMeant = status !== 404 || method === "HEAD" || code === "NoSuchKey";
    if (expects.includes(status) && isMeant) return answer;
    throw this.#error(asked, {
      status,
      code: code || REASON_OF_STATUS[status] || "",
      requestId: requestId ??
        answer.headers.get("x-amz-request-id") ?? undefined,
      retryAfterMs: retryAfterMs(answer.headers),
      reason: reasonOf(code, status, answer.headers),
    });
  }

  async #exchange(
    url: string,
    asked: Asked,
    request: S3Request,
  ): Promise<Answer> {
    try {
      const response = await this.#fetch(url, request);
      const { status, headers } = response;
      const body = new Uint8Array(await response.arrayBuffer());
      const length = headers.get("content-length");
      // What was compressed on the way has another length.
      const isWhole = request.method === "HEAD" || length === null ||
        headers.has("content-encoding") || Number(length) === body.length;
      if (isWhole) return { status, headers, body };
      throw new Error(`${body.length} of ${length} bytes came`);
    } catch (cause) {
      request.signal?.throwIfAborted();
      const reason = networkReason(cause);
      const code = networkCode(cause);
      const details = { status: 0, code, cause };
      throw this.#error(asked, code ? details : { ...details, reason });
    }
  }

  #error(
    asked: Asked,
    details: ObjectFailure & ErrorOptions & {
      requestId?: string | undefined;
      reason?: string | undefined;
    },
  ): ObjectStoreError {
    return new ObjectStoreError({
      ...asked,
      location: this.location,
      ...details,
    });
  }

  /** The error for an answer that breaks the protocol. */
  #bad(
    asked: Asked,
    status: number,
    reason: string,
    cause?: unknown,
  ): ObjectStoreError {
    return this.#error(asked, { status, code: "BadAnswer", reason, cause });
  }
}

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/;

/** Of refusals without a body, as those of HEAD. */
const REASON_OF_STATUS: Readonly<Record<number, string | undefined>> = {
  403: "AccessDenied",
  429: "TooManyRequests",
  501: "NotImplemented",
  503: "ServiceUnavailable",
};

/** Why, where the answer knows more than its code. */
function reasonOf(
  code: string,
  status: number,
  headers: Headers,
): string | undefined {
  if (status >= 300 && status < 400) {
    const region = headers.get("x-amz-bucket-region");
    return "the bucket is elsewhere" + (region ? `, in ${region}` : "");
  }
  const storeAt = Date.parse(headers.get("date") ?? "");
  if (code !== "RequestTimeTooSkewed" || Number.isNaN(storeAt)) return;
  const seconds = Math.round((Date.now() - storeAt) / 1000);
  const way = seconds > 0 ? "fast" : "slow";
  return `the clock here is ${Math.abs(seconds)} s ${way}`;
}

function idOf(headers: Headers): string | undefined {
  return headers.get("x-amz-meta-id") ?? undefined;
}

/** Seconds; stores do not use dates. */
function retryAfterMs(headers: Headers): number | undefined {
  const seconds = headers.get("retry-after") ?? "";
  return /^\d{1,5}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

async function sha256(bytes: Uint8Array = new Uint8Array()): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes as BufferSource);
  return [...new Uint8Array(hash)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
