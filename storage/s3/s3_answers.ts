import type { ObjectPage } from "./object_store.ts";
import { parseXml, type XmlElement } from "./parse_xml.ts";

/** What an error's body says. */
export interface S3Error {
  /** Such as `"NoSuchKey"`; empty if the body does not say. */
  readonly code: string;
  /** The store's name for the request; absent if the body has none. */
  readonly requestId?: string | undefined;
}

/** Reads the body of a refusal, which may be from a proxy and say nothing. */
export function readS3Error(body: string): S3Error {
  try {
    const error = parseXml(body);
    if (error.name !== "Error") return { code: "" };
    return {
      code: word(error, "Code") ?? "",
      requestId: word(error, "RequestId"),
    };
  } catch {
    return { code: "" };
  }
}

/**
 * Reads a listing (ListObjectsV2) of a place whose keys begin with `place`.
 * Throws a `SyntaxError` if it is none, or lists anything else.
 */
export function readListing(body: string, place: string): ObjectPage {
  const listing = parseXml(body);
  demand(listing.name === "ListBucketResult", `an element ${listing.name}`);
  const isEncoded = optional(listing, "EncodingType") === "url";
  const truncated = required(listing, "IsTruncated");
  demand(/^(true|false)$/.test(truncated), `IsTruncated "${truncated}"`);
  const objects = listing.children
    .filter(({ name }) => name === "Contents")
    .map((entry) => {
      const found = required(entry, "Key");
      const key = isEncoded ? decodeKey(found) : found;
      const size = required(entry, "Size");
      demand(/^\d{1,15}$/.test(size), `Size "${size}"`);
      demand(
        key.startsWith(place),
        `the key "${key}", which was not asked for`,
      );
      return { key: key.slice(place.length), size: Number(size) };
    });
  const isTruncated = truncated === "true";
  demand(!isTruncated || objects.length > 0, "a page without keys");
  return { objects, isTruncated };
}

/** Stores encode keys as forms do: a plus sign is a space. */
function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new SyntaxError(`Cannot read a listing because of the key "${text}"`);
  }
}

function optional(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

/** A text that fits into a line, and does nothing to a terminal. */
function word(element: XmlElement, name: string): string | undefined {
  const text = optional(element, name) ?? "";
  return /^[!-~]{1,200}$/.test(text) ? text : undefined;
}

function required(element: XmlElement, name: string): string {
  const found = optional(element, name);
  demand(found !== undefined, `a ${element.name} without ${name}`);
  return found!;
}

function demand(holds: boolean, what: string): void {
  if (holds) return;
  throw new SyntaxError(`Cannot read a listing because of ${what}`);
}
