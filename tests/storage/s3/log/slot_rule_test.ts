/**
 * Goal: exactly those objects count that the rule of docs/object-storage.md names.
 *
 * Method: every object of few epochs, kinds and LSNs after every state.
 *
 * @module
 */
import {
  type ContentHeader,
  emptyState,
  SLOT_KIND,
  type SlotHeader,
} from "../../../../storage/s3/log/slot_object.ts";
import {
  judgeSlot,
  restoreState,
  type RuleState,
  stateBeforeFirst,
} from "../../../../storage/s3/log/slot_rule.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

const SLOT = 7;
const state: RuleState = {
  ...{ slot: SLOT - 1, epoch: 5, lastLsn: 20, firstLsn: 11, firstSlot: 3 },
  ...{ time: 1000, metaSlot: 4, metaVersion: 2 },
};

function header(
  kind: ContentHeader["kind"],
  epoch: number,
  firstLsn: number,
  more: Partial<ContentHeader> = {},
): ContentHeader {
  return {
    ...{ kind, epoch, slot: SLOT, time: 900, firstLsn, firstSlot: 0 },
    ...{ count: 2, metaVersion: 0, settled: emptyState(1) },
    ...{ length: 0, checksum: 0, ...more },
  };
}

test("judgeSlot() lets records count that go on, of an epoch that is not lower", () => {
  for (const kind of [SLOT_KIND.frame, SLOT_KIND.hole]) {
    for (const epoch of [4, 5, 6]) {
      for (const firstLsn of [19, 20, 21, 22, 23]) {
        const verdict = judgeSlot(state, header(kind, epoch, firstLsn));
        const expected = epoch < 5
          ? "void: older epoch"
          : firstLsn === 21
          ? "counts"
          : epoch === 5
          ? "void: sent again"
          : "corrupt";
        const found = verdict.kind === "void"
          ? `void: ${verdict.reason}`
          : verdict.kind;
        assertEquals(found, expected, `epoch ${epoch}, record ${firstLsn}`);
        if (verdict.kind === "corrupt") continue;
        const { slot, lastLsn } = verdict.state;
        assertEquals(slot, SLOT);
        assertEquals(lastLsn, expected === "counts" ? 22 : 20);
      }
    }
  }
});

test("judgeSlot() lets a fence raise the epoch, and no lower one count", () => {
  for (const epoch of [4, 5, 6]) {
    const { fence: kind } = SLOT_KIND;
    const fence: SlotHeader = { kind, epoch, slot: SLOT, time: 5000 };
    const verdict = judgeSlot(state, fence);
    assert(verdict.kind === (epoch < 5 ? "void" : "counts"));
    const highest = Math.max(epoch, 5);
    assertEquals(verdict.state, { ...state, slot: SLOT, epoch: highest });
  }
});

test("judgeSlot() lets a mark drop records and replace metadata, but never go back", () => {
  const { mark: kind } = SLOT_KIND;
  const after = (more: Partial<ContentHeader>, firstLsn = 11) => {
    const verdict = judgeSlot(state, header(kind, 5, firstLsn, more));
    assert(verdict.kind === "counts");
    const { firstSlot, metaSlot, metaVersion, time } = verdict.state;
    return [verdict.state.firstLsn, firstSlot, metaSlot, metaVersion, time];
  };
  assertEquals(after({ firstSlot: 3 }), [11, 3, 4, 2, 1000]);
  assertEquals(after({ firstSlot: 6 }, 15), [15, 6, 4, 2, 1000]);
  assertEquals(after({ firstSlot: 2 }, 9), [11, 3, 4, 2, 1000]);
  assertEquals(after({ metaVersion: 1 }), [11, 3, 4, 2, 1000]);
  assertEquals(after({ metaVersion: 2 }), [11, 3, SLOT, 2, 1000]);
  assertEquals(after({ metaVersion: 3 }), [11, 3, SLOT, 3, 1000]);
  assertEquals(after({ time: 1001 }), [11, 3, 4, 2, 1001]);
  const beyond = judgeSlot(state, header(kind, 5, 22));
  assertEquals(beyond.kind, "corrupt");
});

test("judgeSlot() finds that a slot is missing", () => {
  const later = header(SLOT_KIND.frame, 5, 21, { slot: SLOT + 1 });
  assertEquals(judgeSlot(state, later), {
    kind: "corrupt",
    reason: "slot 7 is missing before slot 8",
  });
});

test("restoreState() and stateBeforeFirst() begin where the next object counts", () => {
  const frame = header(SLOT_KIND.frame, 5, 21, { settled: state });
  const next = judgeSlot(restoreState(frame), frame);
  assertEquals(next.kind, "counts");
  for (const kind of [SLOT_KIND.frame, SLOT_KIND.hole, SLOT_KIND.mark]) {
    const first = header(kind, 5, 10, { slot: 3 });
    const before = stateBeforeFirst(state, first);
    assertEquals(before.slot, 2);
    assertEquals(before.lastLsn, kind === SLOT_KIND.mark ? 10 : 9);
    assertEquals(judgeSlot(before, first).kind, "counts");
  }
  const fresh = { ...emptyState(4), epoch: 2 };
  const fence: SlotHeader = {
    ...{ kind: SLOT_KIND.fence, epoch: 1, slot: 1, time: 0 },
  };
  assertEquals(stateBeforeFirst(fresh, fence), { ...emptyState(4), epoch: 0 });
});
