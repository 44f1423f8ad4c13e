import { argumentError, requireType } from "../../argument.ts";

/** A request, ready to be signed and sent. */
export interface S3Request {
  /** `GET`, `HEAD`, `PUT` or `DELETE`. */
  readonly method: string;
  /**
   * The headers that have to be signed, with names in lower case. One is
   * `x-amz-content-sha256`, the checksum of the body.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent; absent if nothing is. */
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  /** Always `"manual"`: a signature holds for one address. */
  readonly redirect: "manual";
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
}

/** Signs a request, sends it once, and returns the answer, whatever it says. */
export type SignedFetch = (
  url: string,
  request: S3Request,
) => Promise<Response>;

/** What signs requests. */
export interface S3Credentials {
  /** The access key's name. */
  readonly accessKeyId: string;
  /** The key itself, which is never sent. */
  readonly secretAccessKey: string;
  /** Goes with keys that expire. */
  readonly sessionToken?: string | undefined;
}

/** How to sign. */
export interface SignOptions {
  /** Part of the signature. */
  readonly region: string;
  /** Default: the environment's. */
  readonly credentials?:
    | S3Credentials
    | (() => Promise<S3Credentials>)
    | undefined;
}

/** Signs with aws4fetch and sends with the runtime's `fetch`. */
export async function signedFetch(
  action: string,
  { region, credentials }: SignOptions,
): Promise<SignedFetch> {
  const given = credentials ?? credentialsOfEnvironment(action);
  if (typeof given !== "function") requireCredentials(action, given);
  const { AwsV4Signer } = await loadSigner(action);
  const cache = new Map<string, ArrayBuffer>();
  return async (url, { method, headers, body, redirect, signal }) => {
    const { accessKeyId, secretAccessKey, sessionToken } = requireCredentials(
      action,
      typeof given === "function" ? await given() : given,
    );
    const signer = new AwsV4Signer({
      ...{ url, method, headers, region, cache, service: "s3" },
      ...{ accessKeyId, secretAccessKey },
      ...(sessionToken !== undefined && { sessionToken }),
    });
    const signed = await signer.sign();
    return await fetch(signed.url, {
      ...{ method, headers: signed.headers, redirect },
      ...(body && { body }),
      ...(signal && { signal }),
    });
  };
}

/** The package is an optional peer: only this place needs it. */
async function loadSigner(action: string) {
  try {
    return await import("aws4fetch");
  } catch (cause) {
    throw new TypeError(
      `Cannot ${action} because the package aws4fetch is not installed: ` +
        "install it, or pass a fetch that signs requests",
      { cause },
    );
  }
}

function credentialsOfEnvironment(action: string): S3Credentials {
  const accessKeyId = environment("AWS_ACCESS_KEY_ID");
  const secretAccessKey = environment("AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new TypeError(
      `Cannot ${action} because there are no credentials: pass them, or set ` +
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  }
  const sessionToken = environment("AWS_SESSION_TOKEN");
  return { accessKeyId, secretAccessKey, sessionToken };
}

function requireCredentials(
  action: string,
  credentials: S3Credentials,
): S3Credentials {
  if (typeof credentials !== "object" || credentials === null) {
    const rule = "an object or a function";
    throw argumentError(action, "credentials", rule, credentials, false);
  }
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  requireType(action, "accessKeyId", accessKeyId, "string");
  if (typeof secretAccessKey !== "string") {
    throw new TypeError(
      `Cannot ${action} because secretAccessKey must be a string`,
    );
  }
  if (sessionToken !== undefined && typeof sessionToken !== "string") {
    throw new TypeError(
      `Cannot ${action} because sessionToken must be a string`,
    );
  }
  return credentials;
}

/**
 * The code of an error that `fetch` threw, or `""`: Node has it in the cause, Bun
 * in the error, and Deno only in words, of one or the other.
 */
export function networkCode(error: unknown): string {
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown };
  const found = code ?? Object(cause).code;
  if (typeof found === "string") return found;
  const isRefused = [error, cause].some((one) =>
    one instanceof Error && /Connection refused/i.test(one.message)
  );
  return isRefused ? "ECONNREFUSED" : "";
}

/**
 * Why `fetch` failed, in words: Node and Deno say only that it did, and have the
 * reason in the cause. The address, which Deno repeats, is left out.
 */
export function networkReason(error: unknown): string {
  let one = error;
  while (one instanceof Error && one.cause instanceof Error) one = one.cause;
  return String((one as Error)?.message ?? one).trim()
    .replace(/^error sending request for url \([^)]*\): /, "");
}

/** A variable of the environment; `undefined` if it is not set, or empty. */
export function environment(name: string): string | undefined {
  const { process } = globalThis as {
    process?: { env?: Record<string, string | undefined> };
  };
  return process?.env?.[name] || undefined;
}
