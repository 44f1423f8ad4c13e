/**
 * The keys of a log's objects. Numbers have 16 digits, as many as the largest
 * safe integer has, so that keys sort as their numbers do.
 *
 * @module
 */

/** The object that says which log this is. */
export const LOG_KEY = "log";

/** What the keys of slots begin with. */
export const SLOT_PREFIX = "b/";

/** What the keys of claimed epochs begin with. */
export const CLAIM_PREFIX = "e/";

/** What the keys of compacted slots begin with. */
export const COMPACTED_PREFIX = "s/";

/** What the keys of commits to durable cursors begin with. */
export const CURSOR_PREFIX = "c/";

/** The slots that a compacted object replaces, and its records. */
export interface CompactedRange {
  /** The first slot. */
  readonly firstSlot: number;
  /** The last slot. */
  readonly lastSlot: number;
  /** LSN of the first record. */
  readonly firstLsn: number;
  /** LSN of the last record. */
  readonly lastLsn: number;
}

/** The key of a number after a prefix. */
export function numberedKey(prefix: string, number: number): string {
  return prefix + digits(number);
}

/** The number of a key with this prefix; `undefined` if it is another key. */
export function parseNumberedKey(
  prefix: string,
  key: string,
): number | undefined {
  if (!key.startsWith(prefix)) return undefined;
  return parseDigits(key.slice(prefix.length));
}

/** The key of a slot. */
export function slotKey(slot: number): string {
  return numberedKey(SLOT_PREFIX, slot);
}

/** The slot of a key; `undefined` if it is another key. */
export function parseSlotKey(key: string): number | undefined {
  return parseNumberedKey(SLOT_PREFIX, key);
}

/** The key that claims an epoch. */
export function claimKey(epoch: number): string {
  return numberedKey(CLAIM_PREFIX, epoch);
}

/** The key of a compacted object. They sort by their last slots. */
export function compactedKey(range: CompactedRange): string {
  const { lastSlot, firstSlot, firstLsn, lastLsn } = range;
  const numbers = [lastSlot, firstSlot, firstLsn, lastLsn];
  return COMPACTED_PREFIX + numbers.map(digits).join("-");
}

/** What a compacted object's key says; `undefined` if it is another key. */
export function parseCompactedKey(key: string): CompactedRange | undefined {
  if (!key.startsWith(COMPACTED_PREFIX)) return undefined;
  const parts = key.slice(COMPACTED_PREFIX.length).split("-").map(parseDigits);
  const [lastSlot, firstSlot, firstLsn, lastLsn] = parts;
  if (
    parts.length !== 4 || lastSlot === undefined || firstSlot === undefined ||
    firstLsn === undefined || lastLsn === undefined
  ) return undefined;
  return { firstSlot, lastSlot, firstLsn, lastLsn };
}

/** What the keys of commits to cursor `name` begin with. */
export function cursorPrefix(name: string): string {
  return `${CURSOR_PREFIX}${name}/`;
}

/** The key of a commit to a durable cursor. */
export function cursorKey(name: string, sequence: number): string {
  return numberedKey(cursorPrefix(name), sequence);
}

/** Whose commit a key is; `undefined` if it is another key. */
export function parseCursorKey(
  key: string,
): { readonly name: string; readonly sequence: number } | undefined {
  const [prefix, name, number, ...rest] = key.split("/");
  const sequence = parseDigits(number ?? "");
  if (`${prefix}/` !== CURSOR_PREFIX || !name || rest.length > 0) {
    return undefined;
  }
  return sequence === undefined ? undefined : { name, sequence };
}

const DIGITS = 16;

function digits(number: number): string {
  return String(number).padStart(DIGITS, "0");
}

function parseDigits(text: string): number | undefined {
  if (!/^\d{16}$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}
