import type { ObjectStore } from "../object_store.ts";
import { decodeCompactedHead, decodePart } from "./compacted_object.ts";
import type { ListedRange } from "./compacted_ranges.ts";
import { FetchAhead, type Wanted } from "./fetch_ahead.ts";
import { decodeIdentity, type LogIdentity } from "./log_identity.ts";
import { CLAIM_PREFIX, LOG_KEY, SLOT_PREFIX, slotKey } from "./slot_keys.ts";
import {
  decodeSlot,
  decodeSlotHeader,
  emptyState,
  FENCE_BYTES,
  SLOT_HEADER_BYTES,
  SLOT_KIND,
  SlotContent,
  type SlotHeader,
} from "./slot_object.ts";
import {
  type ExaminedRun,
  newRun,
  type ObjectDamage,
  type ObjectReport,
} from "./object_report.ts";
import {
  judgeSlot,
  restoreState,
  type RuleState,
  stateBeforeFirst,
} from "./slot_rule.ts";
import {
  type ListedSlot,
  type ObjectSurvey,
  surveyObjects,
} from "./survey_objects.ts";

/** How often all is read if something seems to be missing. */
const LOOKS = 3;

/** What is fetched ahead of need. */
const LIMITS = { count: 8, bytes: 64 * 1024 * 1024 };

/**
 * Reads all objects of a log, and checks each one and the rule by which they
 * count. Writes nothing; the owner may go on, so what is missing is looked for
 * again. Rejects if the store does, or `signal` is aborted.
 */
export async function examineObjects(
  store: ObjectStore,
  signal: AbortSignal,
): Promise<ObjectReport> {
  for (let looks = 1;; looks++) {
    const examination = new Examination(store, signal);
    const report = await examination.run();
    if (!examination.isDoubtful || looks === LOOKS) return report;
  }
}

/** A slot, or a compacted object. */
interface Want extends Wanted {
  readonly slot?: ListedSlot;
  readonly compacted?: ListedRange;
}

class Examination {
  readonly #store: ObjectStore;
  readonly #signal: AbortSignal;
  readonly #damages: ObjectDamage[] = [];
  readonly #runs: ExaminedRun[] = [];
  /** Whether something was missing: it may have been removed meanwhile. */
  isDoubtful = false;
  #identity!: LogIdentity;
  #state!: RuleState;
  /** LSN of the oldest record kept. */
  #firstLsn = 1;
  #records = 0;
  #lost = 0;
  /** Whether the next object may go on with any later record. */
  #isLoose = false;

  constructor(store: ObjectStore, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
  }

  async run(): Promise<ObjectReport> {
    const survey = await surveyObjects(this.#store, this.#signal);
    const identity = await this.#identify(survey);
    for (const key of survey.strays) {
      if (!key.startsWith(SLOT_PREFIX) && !key.startsWith(CLAIM_PREFIX)) {
        continue;
      }
      this.#damage(key, "its name is not a number of 16 digits");
    }
    if (identity === undefined) return this.#report(survey);
    this.#identity = identity;
    const end = await this.#findEnd(survey);
    this.#firstLsn = end.firstLsn;
    const from = await this.#begin(survey, end);
    await this.#walk(survey, from, end);
    if (end.lastLsn > this.#state.lastLsn && this.#damages.length === 0) {
      this.#damage(
        slotKey(end.slot),
        `the log ends with record ${this.#state.lastLsn}, and not with ` +
          end.lastLsn,
      );
    }
    await this.#checkMeta(end);
    return this.#report(survey, end);
  }

  #report(survey: ObjectSurvey, state?: RuleState): ObjectReport {
    return {
      ...{ survey, state, identity: state && this.#identity },
      ...{ runs: this.#runs, damages: this.#damages },
      ...{ records: this.#records, lost: this.#lost },
    };
  }

  async #identify(survey: ObjectSurvey): Promise<LogIdentity | undefined> {
    const { slots, compacted, claims } = survey;
    const found = await this.#store.get(LOG_KEY, { signal: this.#signal });
    if (found === undefined) {
      if (slots.length + compacted.length + claims > 0) this.#miss(LOG_KEY);
      return undefined;
    }
    const identity = decodeIdentity(found.bytes);
    if (typeof identity !== "string") return identity;
    this.#damage(LOG_KEY, identity);
  }

  /** What the newest objects say: where the log begins and ends. */
  async #findEnd({ slots }: ObjectSurvey): Promise<RuleState> {
    let state: RuleState = {
      ...emptyState(this.#identity.firstLsn),
      epoch: 0,
    };
    for (const { slot, isFence } of [...slots].reverse()) {
      const header = isFence ? undefined : await this.#header(slot);
      if (header === undefined || header.kind === SLOT_KIND.fence) continue;
      state = restoreState(header);
      break;
    }
    for (const { slot } of slots) {
      if (slot !== state.slot + 1) continue;
      const header = await this.#header(slot);
      // What is wrong with it is said when it is read as a whole.
      const verdict = header && judgeSlot(state, header);
      state = verdict === undefined || verdict.kind === "corrupt"
        ? { ...state, slot }
        : verdict.state;
    }
    return state;
  }

  /** The header of a slot; `undefined` if it is missing or damaged. */
  async #header(slot: number): Promise<SlotHeader | undefined> {
    const range = { from: 0, to: SLOT_HEADER_BYTES };
    const signal = this.#signal;
    const found = await this.#store.get(slotKey(slot), { range, signal });
    if (found === undefined) return undefined;
    const { id } = this.#identity;
    const header = decodeSlotHeader(found.bytes, id, slot, found.size);
    return "fault" in header ? undefined : header;
  }

  /** Begins before the first record kept; returns the first slot to read. */
  async #begin(
    { compacted }: ObjectSurvey,
    end: RuleState,
  ): Promise<number> {
    const { firstSlot } = end;
    const range = compacted.find(({ lastSlot }) => lastSlot >= firstSlot);
    if (range !== undefined && range.firstSlot <= firstSlot) {
      const slot = range.firstSlot - 1;
      this.#state = { ...emptyState(range.firstLsn), slot, epoch: 0 };
      return range.firstSlot;
    }
    const header = await this.#header(firstSlot);
    this.#isLoose = header === undefined;
    const before = firstSlot === 1 ? this.#identity.firstLsn : end.firstLsn;
    this.#state = header === undefined || firstSlot === 1
      ? { ...emptyState(before), slot: firstSlot - 1, epoch: 0 }
      : stateBeforeFirst(end, header);
    return firstSlot;
  }

  async #walk(
    survey: ObjectSurvey,
    from: number,
    end: RuleState,
  ): Promise<void> {
    const wants = wantsOf(survey, from, end.slot);
    const fetch = new FetchAhead(this.#store, wants, LIMITS, this.#signal);
    try {
      while (true) {
        const fetched = await fetch.next();
        if (fetched === undefined) break;
        const { want: { key, slot, compacted }, object } = fetched;
        if (compacted !== undefined) {
          this.#passTo(compacted.firstSlot);
          this.#readCompacted(compacted, object?.bytes);
        } else if (slot !== undefined) {
          if (slot.slot >= from) this.#passTo(slot.slot);
          if (object === undefined) this.#miss(key);
          else this.#readSlot(slot, object.bytes, slot.slot >= from);
        }
      }
    } finally {
      await fetch.stop();
    }
    this.#passTo(end.slot + 1);
  }

  /** All slots before `slot` have been read, or are missing. */
  #passTo(slot: number): void {
    while (this.#state.slot + 1 < slot) {
      const missing = this.#state.slot + 1;
      this.#miss(slotKey(missing));
      this.#state = { ...this.#state, slot: missing };
    }
  }

  #readSlot({ slot, key }: ListedSlot, bytes: Uint8Array, counts: boolean) {
    const run = this.#runOf(key);
    const content = decodeSlot(bytes, this.#identity.id, slot);
    const isNext = counts && slot === this.#state.slot + 1;
    if ("fault" in content) {
      run.isDamaged = true;
      this.#damage(key, content.fault);
      if (isNext) this.#state = { ...this.#state, slot };
      return;
    }
    const header = content instanceof SlotContent ? content.header : content;
    // It is there twice while it is being compacted.
    if (!isNext) {
      return void (run.fences += bytes.length === FENCE_BYTES ? 1 : 0);
    }
    if (this.#isLoose) this.#resume(header);
    const verdict = judgeSlot(this.#state, header);
    if (verdict.kind === "corrupt") {
      run.isDamaged = true;
      this.#damage(key, verdict.reason);
      this.#state = { ...this.#state, slot };
      return;
    }
    this.#state = verdict.state;
    if (verdict.kind === "void") run.voids++;
    else this.#count(run, header);
  }

  /** Goes on after damage: what is lost to it was said. */
  #resume(header: SlotHeader): void {
    const { lastLsn, epoch } = this.#state;
    if (header.kind === SLOT_KIND.fence || header.epoch < epoch) return;
    const { frame, hole } = SLOT_KIND;
    const hasRecords = header.kind === frame || header.kind === hole;
    const last = hasRecords ? header.firstLsn - 1 : header.settled.lastLsn;
    this.#state = { ...this.#state, lastLsn: Math.max(lastLsn, last) };
    if (hasRecords) this.#isLoose = false;
  }

  #readCompacted(range: ListedRange, bytes: Uint8Array | undefined): void {
    const { key, firstSlot, lastSlot, firstLsn, lastLsn } = range;
    const run = newRun(key);
    this.#runs.push(run);
    const fail = (reason: string, offset = 0) => {
      run.isDamaged = true;
      this.#damage(key, reason, offset);
    };
    const expected = this.#state.lastLsn + 1;
    if (bytes === undefined) this.#miss(key);
    else {
      if (firstLsn !== expected && !this.#isLoose) {
        fail(`it begins with record ${firstLsn} instead of ${expected}`);
      }
      this.#isLoose = false;
      this.#readParts(range, bytes, run, fail);
    }
    const slot = Math.max(this.#state.slot, lastSlot);
    if (slot >= firstSlot) this.#state = { ...this.#state, slot, lastLsn };
  }

  #readParts(
    range: ListedRange,
    bytes: Uint8Array,
    run: ExaminedRun,
    fail: (reason: string, offset?: number) => void,
  ): void {
    const { id } = this.#identity;
    const head = decodeCompactedHead(bytes, id, range, bytes.length);
    if ("fault" in head) return fail(head.fault);
    let at = head.offsets[0] ?? bytes.length;
    let next = range.firstLsn;
    let { slot } = this.#state;
    while (at < bytes.length) {
      const part = decodePart(bytes, at, id);
      if ("fault" in part) return fail(part.fault, at);
      const { header } = part.content;
      if (header.firstLsn !== next) {
        return fail(`expected record ${next}, found ${header.firstLsn}`, at);
      }
      if (header.slot <= slot || header.slot > range.lastSlot) {
        return fail(`it has slot ${header.slot} after slot ${slot}`, at);
      }
      this.#count(run, header);
      slot = header.slot;
      next += header.count;
      at += part.size;
    }
    if (next !== range.lastLsn + 1) {
      fail(`expected record ${next}, found the end`, at);
    }
    const { epoch } = head;
    this.#state = { ...this.#state, epoch: Math.max(epoch, this.#state.epoch) };
  }

  #count(run: ExaminedRun, header: SlotHeader): void {
    if (header.kind === SLOT_KIND.fence) return void run.fences++;
    if (header.kind === SLOT_KIND.mark) return void run.marks++;
    const lastLsn = header.firstLsn + header.count - 1;
    const firstLsn = Math.max(header.firstLsn, this.#firstLsn);
    const kept = Math.max(0, lastLsn - firstLsn + 1);
    if (header.kind === SLOT_KIND.hole) {
      this.#lost += kept;
      run.holes.push({ firstLsn: header.firstLsn, lastLsn });
    } else {
      this.#records += kept;
      run.frames++;
    }
    if (run.firstLsn === 0) run.firstLsn = header.firstLsn;
    run.lastLsn = lastLsn;
  }

  /** Metadata outlive what is dropped, in their own slot. */
  async #checkMeta({ metaSlot }: RuleState): Promise<void> {
    if (metaSlot === 0) return;
    const key = slotKey(metaSlot);
    const found = await this.#store.get(key, { signal: this.#signal });
    if (found === undefined) return this.#miss(key);
    const content = decodeSlot(found.bytes, this.#identity.id, metaSlot);
    const isKnown = this.#damages.some((one) => one.key === key);
    if (isKnown) return;
    if ("fault" in content) this.#damage(key, content.fault);
    else if (!(content instanceof SlotContent && content.meta)) {
      this.#damage(key, "it has no metadata");
    }
  }

  /** The run of slots that a slot belongs to. */
  #runOf(key: string): ExaminedRun {
    let run = this.#runs.at(-1);
    if (run?.lastKey === undefined) this.#runs.push(run = newRun(key));
    run.lastKey = key;
    return run;
  }

  #miss(key: string): void {
    this.isDoubtful = true;
    this.#damage(key, "it is missing");
  }

  #damage(key: string, reason: string, offset = 0): void {
    this.#isLoose = true;
    if (this.#damages.some((one) => one.key === key)) return;
    this.#damages.push({ key, offset, reason });
  }
}

/**
 * What to get: fences before slot `from`, where all else is about to be removed,
 * then slots up to `end` and compacted objects in the order of their slots.
 */
async function* wantsOf(
  { slots, compacted }: ObjectSurvey,
  from: number,
  end: number,
): AsyncGenerator<Want> {
  const ranges = compacted.filter(({ lastSlot }) => lastSlot >= from);
  for (const slot of slots) {
    if (slot.slot > end) break;
    while (ranges.length > 0 && ranges[0].firstSlot <= slot.slot) {
      yield wantOf(ranges.shift()!);
    }
    const { key, size: bytes, isFence } = slot;
    if (slot.slot >= from || isFence) yield { key, bytes, slot };
  }
  for (const range of ranges) yield wantOf(range);
}

function wantOf(compacted: ListedRange): Want {
  return { key: compacted.key, bytes: compacted.size, compacted };
}
