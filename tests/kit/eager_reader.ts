import { slotKey } from "../../storage/s3/log/slot_keys.ts";
import {
  decodeSlot,
  emptyState,
  SlotContent,
} from "../../storage/s3/log/slot_object.ts";
import { judgeSlot, type RuleState } from "../../storage/s3/log/slot_rule.ts";
import { assert } from "./assert.ts";
import type { HeldStore } from "./held_store.ts";

/**
 * Reads each slot of a log as soon as it is there, and never again. What it has
 * read is what everybody must find.
 */
export class EagerReader {
  /** What was read: `LSN text`. */
  readonly records: string[] = [];
  /** What is known after the last slot that was read. */
  state: RuleState = { ...emptyState(1), epoch: 0 };
  readonly #store: HeldStore;
  #log: Uint8Array<ArrayBuffer> | undefined;

  constructor(store: HeldStore) {
    this.#store = store;
  }

  /** Reads what is there. */
  read(): void {
    for (;;) {
      const slot = this.state.slot + 1;
      const bytes = this.#store.objects.get(slotKey(slot));
      if (bytes === undefined) return;
      this.#log ??= new Uint8Array(bytes.subarray(8, 24));
      const object = decodeSlot(bytes, this.#log, slot);
      if ("fault" in object) throw new Error(object.fault);
      const content = object instanceof SlotContent ? object : undefined;
      const header = object instanceof SlotContent ? object.header : object;
      const verdict = judgeSlot(this.state, header);
      assert(verdict.kind !== "corrupt", `slot ${slot} is corrupt`);
      const before = this.state.lastLsn;
      this.state = verdict.state;
      if (verdict.kind === "void" || content === undefined) continue;
      for (const [index, record] of [...content.records].entries()) {
        const text = new TextDecoder().decode(record);
        this.records.push(`${before + 1 + index} ${text}`);
      }
    }
  }
}
