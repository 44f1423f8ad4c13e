import { seeded } from "../../random.ts";
import {
  type OpenedLog,
  openObjectLog,
} from "../../storage/s3/log/open_object_log.ts";
import { SLOT_KIND } from "../../storage/s3/log/slot_object.ts";
import { RetryingStore } from "../../storage/s3/retrying_store.ts";
import { type HeldStore, NO_TIME } from "./held_store.ts";

/** Opens a log as a client whose name is a letter. */
export function openAs(
  held: HeldStore,
  name: string,
  window: number,
): Promise<OpenedLog> {
  const random = seeded(name.charCodeAt(0));
  const client = held.client(name);
  const store = new RetryingStore(client, {
    ...{ clock: NO_TIME, random: () => 0, deadlineMs: 1e9 },
  });
  return openObjectLog({
    ...{ store, window, time: () => 1 },
    random: () => random(2 ** 32) / 2 ** 32,
  });
}

/** Appends a record as a frame; resolves with `LSN text`. */
export async function appendText(
  { pipeline }: OpenedLog,
  lsn: number,
  text: string,
): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const { frame: kind } = SLOT_KIND;
  await pipeline.send({
    header: { kind, firstLsn: lsn, count: 1, firstSlot: 0, metaVersion: 0 },
    entries: Uint8Array.of(bytes.length, 0, 0, 0, ...bytes),
  });
  return `${lsn} ${text}`;
}
