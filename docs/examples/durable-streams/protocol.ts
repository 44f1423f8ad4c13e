import { Refusal } from "./refusal.ts";

/** The names of the protocol's headers. */
export const header = {
  closed: "Stream-Closed",
  cursor: "Stream-Cursor",
  expiresAt: "Stream-Expires-At",
  forkedFrom: "Stream-Forked-From",
  forkOffset: "Stream-Fork-Offset",
  forkSubOffset: "Stream-Fork-Sub-Offset",
  nextOffset: "Stream-Next-Offset",
  producerEpoch: "Producer-Epoch",
  producerExpectedSeq: "Producer-Expected-Seq",
  producerId: "Producer-Id",
  producerReceivedSeq: "Producer-Received-Seq",
  producerSeq: "Producer-Seq",
  seq: "Stream-Seq",
  sseEncoding: "Stream-SSE-Data-Encoding",
  ttl: "Stream-TTL",
  upToDate: "Stream-Up-To-Date",
} as const;

/** Digits of each half of an offset: as text, offsets sort as they should. */
const DIGITS = 16;

/** The offset of a position: bytes of messages before it, in this stream. */
export function formatOffset(position: number): string {
  return `${"0".repeat(DIGITS)}_${`${position}`.padStart(DIGITS, "0")}`;
}

/** The position of an offset. Throws `Refusal` unless it has their form. */
export function parseOffset(offset: string): number {
  const digits = /^\d+_(\d{1,16})$/.exec(offset)?.[1];
  if (digits === undefined) throw new Refusal(400, "Invalid offset format");
  return Number(digits);
}

/** A media type without its parameters, in lower case. */
export function mediaTypeOf(contentType: string): string {
  return contentType.split(";", 1)[0].trim().toLowerCase();
}

/** Whether the messages of a stream are JSON values. */
export function isJson(contentType: string): boolean {
  return mediaTypeOf(contentType) === "application/json";
}

/** Whether events can show its messages as they are, without base64. */
export function isText(contentType: string): boolean {
  return isJson(contentType) || mediaTypeOf(contentType).startsWith("text/");
}

/** A number in decimal without sign or leading zeros, or a `Refusal`. */
export function parseCount(text: string, name: string): number {
  const count = /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(count)) return count;
  throw new Refusal(400, `Invalid ${name} value`);
}

const EPOCH_MS = Date.parse("2024-10-09T00:00:00Z");
const INTERVAL_MS = 20_000;
const MOST_JITTER = 180;

/**
 * The cursor of a live response. Caches collapse requests with equal cursors,
 * so it changes every 20 s, and is always above the one that the client sent.
 */
export function nextCursor(sent: string | undefined): string {
  const current = Math.floor((Date.now() - EPOCH_MS) / INTERVAL_MS);
  const last = Number.parseInt(sent ?? "", 10);
  if (Number.isNaN(last) || last < current) return `${current}`;
  return `${last + 1 + Math.floor(Math.random() * MOST_JITTER)}`;
}
