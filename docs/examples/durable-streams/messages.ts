import { isJson } from "./protocol.ts";
import { Refusal } from "./refusal.ts";

/*
 * A message of a JSON stream is kept as its values, joined by commas: that is
 * an array without its brackets, so no number or key is ever rewritten.
 */

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();
const COMMA = encoder.encode(",");
const [OPENING, CLOSING] = [encoder.encode("["), encoder.encode("]")];

/**
 * What is kept of a request's body. Empty only for an empty array, which can
 * create a stream and is refused otherwise. Throws `Refusal` unless the body is
 * what its type says.
 */
export function messageOf(
  contentType: string,
  body: Uint8Array,
  mayBeEmpty = false,
): Uint8Array {
  if (!isJson(contentType)) return body;
  const text = decode(body).trim();
  const value = parse(text);
  if (!Array.isArray(value)) return encoder.encode(text);
  if (value.length > 0) return encoder.encode(text.slice(1, -1).trim());
  if (mayBeEmpty) return new Uint8Array(0);
  throw new Refusal(400, "Empty arrays are not allowed");
}

/** Messages as the body of a response. */
export function bodyOf(
  contentType: string,
  messages: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  if (!isJson(contentType)) return concatenate(messages);
  const parts = messages.flatMap((message, index) =>
    index === 0 ? [message] : [COMMA, message]
  );
  return concatenate([OPENING, ...parts, CLOSING]);
}

/**
 * The first part of a message: `count` bytes of it, or values if it is JSON.
 * Throws `Refusal` if it has fewer.
 */
export function prefixOf(
  contentType: string,
  message: Uint8Array,
  count: number,
): Uint8Array {
  const text = isJson(contentType) ? decode(message) : undefined;
  const ends = text === undefined ? message : endsOf(text);
  if (count > ends.length) throw new Refusal(400, "Invalid fork sub-offset");
  if (text === undefined) return message.slice(0, count);
  return encoder.encode(text.slice(0, ends[count - 1]));
}

/** Where each of the values ends. */
function endsOf(values: string): number[] {
  const ends: number[] = [];
  let depth = 0;
  let isString = false;
  for (let at = 0; at < values.length; at++) {
    const character = values[at];
    if (character === '"') isString = !isString;
    else if (isString) at += character === "\\" ? 1 : 0;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    else if (character === "," && depth === 0) ends.push(at);
  }
  return [...ends, values.length];
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Refusal(400, "Invalid JSON");
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "Invalid JSON");
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
