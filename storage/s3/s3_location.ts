import { argumentError, requireOneOf } from "../../argument.ts";

/** A place in a bucket, and how to reach it. */
export interface S3Location {
  /** Such as `s3://bucket/prefix`, without a slash at its end. */
  readonly name: string;
  /** What the keys of all objects there begin with: empty, or ends with `/`. */
  readonly place: string;
  /** The bucket's address, without a slash at its end. */
  readonly bucketUrl: string;
  /** The region that requests are signed for. */
  readonly region: string;
}

/** What {@linkcode locate} needs in addition to the name. */
export interface LocateOptions {
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly addressing: "path" | "virtual" | undefined;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Splits `s3://bucket/prefix` into both. */
export function parseS3Url(
  action: string,
  url: unknown,
): { bucket: string; prefix: string } {
  const [, bucket = "", prefix = ""] =
    /^s3:\/\/([^/]*)(?:\/(.*))?$/.exec(String(url)) ?? [];
  const parts = prefix.replace(/\/$/, "").split("/");
  // No address can have half of a surrogate pair in it.
  const isPlain = prefix === "" ||
    !/\p{Surrogate}/u.test(prefix) &&
      parts.every((part) => !["", ".", ".."].includes(part));
  const isShort = new TextEncoder().encode(prefix).length <= 500;
  if (typeof url === "string" && BUCKET.test(bucket) && isPlain && isShort) {
    return { bucket, prefix: parts.join("/") };
  }
  const rule = "s3://bucket or s3://bucket/prefix";
  throw argumentError(action, "its location", rule, url, false);
}

/** Finds out what requests to a place are addressed to. */
export function locate(
  action: string,
  url: unknown,
  { endpoint, region, addressing }: LocateOptions,
): S3Location {
  const { bucket, prefix } = parseS3Url(action, url);
  const host = endpoint ?? `https://s3.${region}.amazonaws.com`;
  const base = parseEndpoint(action, host);
  const style = requireOneOf(
    action,
    "addressing",
    addressing ?? defaultStyle(bucket, endpoint),
    ["path", "virtual"],
  );
  if (style === "virtual") {
    const host = `${bucket}.${base.hostname}`;
    base.hostname = host;
    // It stays as it was if the endpoint is a number, and not a name.
    if (base.hostname !== host) {
      const rule = '"path" for an endpoint that has no name';
      throw argumentError(action, "addressing", rule, style, false);
    }
  }
  const root = base.href.replace(/\/$/, "");
  return {
    name: `s3://${bucket}${prefix && `/${prefix}`}`,
    place: prefix && `${prefix}/`,
    bucketUrl: style === "path" ? `${root}/${bucket}` : root,
    region,
  };
}

/** Amazon's certificates cover names of buckets without dots. */
function defaultStyle(
  bucket: string,
  endpoint: string | undefined,
): "path" | "virtual" {
  return endpoint === undefined && !bucket.includes(".") ? "virtual" : "path";
}

function parseEndpoint(action: string, endpoint: string): URL {
  const rule = "the http or https address of a store, without a query";
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) &&
    url.search === "" && url.hash === "" && url.username + url.password === "";
  if (isPlain) return url;
  // A password does not belong into a message.
  const shown = endpoint.replace(/\/\/[^/]*@/, "//***@");
  throw argumentError(action, "endpoint", rule, shown, false);
}

/** A key as it stands in an address. */
export function encodeKey(key: string): string {
  return key.split("/").map(encodePart).join("/");
}

/** A query as signatures have it: each name and value encoded, in this order. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map((pair) => pair.map(encodePart).join("="))
    .join("&");
}

/** All but letters, digits and `-_.~`, as signatures want it. */
function encodePart(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
