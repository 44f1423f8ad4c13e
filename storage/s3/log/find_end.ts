import { CorruptLogError } from "../../corrupt_log_error.ts";
import type { ObjectStore } from "../object_store.ts";
import type { LogIdentity } from "./log_identity.ts";
import {
  CLAIM_PREFIX,
  claimKey,
  numberedKey,
  parseNumberedKey,
  SLOT_PREFIX,
} from "./slot_keys.ts";
import { readHeader } from "./read_forward.ts";
import { type ContentHeader, emptyState, FENCE_BYTES } from "./slot_object.ts";
import { restoreState, type RuleState } from "./slot_rule.ts";

/** A numbered object of a listing. */
export interface Listed {
  /** The number in its key. */
  readonly number: number;
  /** Number of bytes. */
  readonly size: number;
}

/** Most keys in a page of a listing. */
const PAGE = 1000;

/** A place near the end of a log, from which it can be read. */
export interface NearEnd {
  /** What was known after a slot near the end. */
  readonly state: RuleState;
  /**
   * The slot of the newest object that is not a fence; 0 if there is none. It is a
   * hint for whoever looks for the end later.
   */
  readonly newest: number;
  /** The first slot after `state.slot` that is free. */
  readonly free: number;
  /** Which of the slots after `state.slot` hold fences. */
  readonly fences: ReadonlySet<number>;
}

/** The newest claim of an epoch. */
export interface NewestClaim {
  /** Its epoch; 0 if there is none. */
  readonly epoch: number;
  /** The slot at which to look for the log's end first. */
  readonly hint: number;
}

/** Finds the newest claim. */
export async function findClaim(store: ObjectStore): Promise<NewestClaim> {
  const epoch = (await listEnd(store, CLAIM_PREFIX, 0)).at(-1)?.number ?? 0;
  if (epoch === 0) return { epoch, hint: 0 };
  const found = await store.get(claimKey(epoch));
  return { epoch, hint: decodeHint(found?.bytes ?? new Uint8Array()) };
}

/** The highest epoch above `epoch` that is claimed, if any. */
export async function laterClaim(
  store: ObjectStore,
  epoch: number,
): Promise<number | undefined> {
  return (await listEnd(store, CLAIM_PREFIX, epoch)).at(-1)?.number;
}

/** What a claim says: the hint, in decimal digits. */
export function encodeHint(hint: number): Uint8Array {
  return new TextEncoder().encode(`${hint}\n`);
}

/** A hint that cannot be read is none: it only makes looking faster. */
function decodeHint(bytes: Uint8Array): number {
  const hint = Number(new TextDecoder().decode(bytes));
  return Number.isSafeInteger(hint) && hint >= 0 ? hint : 0;
}

/**
 * Finds a place near the log's end. `hint` is a slot at or before the end. It
 * takes one listing and one request more, unless the hint is old.
 */
export async function findEnd(
  store: ObjectStore,
  identity: LogIdentity,
  hint: number,
): Promise<NearEnd> {
  for (;;) {
    let listed = await listEnd(store, SLOT_PREFIX, Math.max(0, hint - 1));
    const newest = await findNewest(store, listed);
    const header = newest === 0
      ? undefined
      : await readHeader(store, identity, newest);
    // A later owner has removed it: the log has gone on.
    if (header === undefined && newest !== 0) continue;
    const state = header === undefined
      ? { ...emptyState(identity.firstLsn), epoch: 0 }
      // Its size has said that it is not a fence.
      : restoreState(header as ContentHeader);
    if (listed.length === 0 || listed[0].number > state.slot + 1) {
      listed = await listAfter(store, SLOT_PREFIX, state.slot);
    }
    const fences = new Set(listed.filter(isFence).map(({ number }) => number));
    return { state, newest, free: firstFree(listed, state.slot), fences };
  }
}

function isFence({ size }: Listed): boolean {
  return size === FENCE_BYTES;
}

/** The first number above `after` that is not listed. */
function firstFree(listed: readonly Listed[], after: number): number {
  let free = after + 1;
  for (const { number } of listed) if (number === free) free++;
  return free;
}

/** The newest object that is not a fence, in what is listed or before; or 0. */
async function findNewest(
  store: ObjectStore,
  listed: readonly Listed[],
): Promise<number> {
  let page = listed;
  for (;;) {
    const found = page.findLast((one) => !isFence(one));
    if (found !== undefined) return found.number;
    const before = page[0]?.number ?? 1;
    if (before === 1) return 0;
    const after = Math.max(0, before - 1 - PAGE);
    page = (await listPage(store, SLOT_PREFIX, after)).listed
      .filter(({ number }) => number < before);
    if (page.length === 0) page = [{ number: after + 1, size: FENCE_BYTES }];
  }
}

/**
 * Lists the end of what is numbered above `after`: all of it, or the last page
 * at least. Steps that double, and then halve, skip most pages of a long list.
 */
async function listEnd(
  store: ObjectStore,
  prefix: string,
  after: number,
): Promise<readonly Listed[]> {
  let page = await listPage(store, prefix, after);
  let step = PAGE;
  for (let grows = true; page.isTruncated;) {
    const { number } = page.listed[page.listed.length - 1];
    const ahead = await listPage(store, prefix, number + step);
    const isBeyond = ahead.listed.length === 0;
    if (!isBeyond) page = ahead;
    else if (step === 0) break;
    grows &&= !isBeyond;
    step = grows ? step * 2 : step > PAGE ? step / 2 : 0;
  }
  return page.listed;
}

/** Lists all that is numbered above `after`, page by page. */
async function listAfter(
  store: ObjectStore,
  prefix: string,
  after: number,
): Promise<readonly Listed[]> {
  const all: Listed[] = [];
  for (;;) {
    const from = all.at(-1)?.number ?? after;
    const { listed, isTruncated } = await listPage(store, prefix, from);
    all.push(...listed);
    if (!isTruncated) return all;
  }
}

async function listPage(
  store: ObjectStore,
  prefix: string,
  after: number,
): Promise<{ listed: readonly Listed[]; isTruncated: boolean }> {
  const { objects, isTruncated } = await store.list({
    prefix,
    after: numberedKey(prefix, after),
    limit: PAGE,
  });
  const listed = objects.map(({ key, size }) => {
    const number = parseNumberedKey(prefix, key);
    if (number !== undefined) return { number, size };
    const path = `${store.location}/${key}`;
    throw new CorruptLogError(path, 0, "its name is not a number of 16 digits");
  });
  return { listed, isTruncated };
}
