import { amountRule, integerRule, isAmount, isInteger } from "../argument.ts";
import type { FlushReason, FlushReport } from "../policies/batch_policy.ts";
import {
  TRACE_ENDS,
  TRACE_VERSION,
  type TracedAppend,
  type TracedOptions,
  type TraceEvent,
  type TraceHeader,
} from "./trace_event.ts";

/** An event as a line, including its newline. */
export function formatEvent(event: TraceEvent): string {
  return `${JSON.stringify(toLine(event))}\n`;
}

function toLine(event: TraceEvent): unknown {
  switch (event.kind) {
    case "header": {
      const { kind: _, ...fields } = event;
      return { syncline: "trace", version: TRACE_VERSION, ...fields };
    }
    case "turn": {
      const { at, appends, tookMs } = event;
      const took = tookMs === undefined ? {} : { tookMs };
      const bytes = appends.map(({ bytes, records }) =>
        records === 1 ? bytes : [bytes, records]
      );
      if (appends.every(({ after }) => after === undefined)) {
        return { at, bytes, ...took };
      }
      const links = appends.map(({ after = 0 }) => after);
      return { at, bytes, after: links, ...took };
    }
    case "flush": {
      const { flush, tookMs } = event;
      return tookMs === undefined ? { flush } : { flush, tookMs };
    }
    case "gap":
      return { gap: { appends: event.appends, flushes: event.flushes } };
    case "end":
      return { end: event.reason };
  }
}

/** The rule that a line breaks: what it must be. */
export class BrokenRule {
  constructor(readonly rule: string) {}
}

/** Reads the first line; throws {@linkcode BrokenRule}. */
export function parseHeader(line: string): TraceHeader {
  const { syncline, version, startedAt, options, policy, linked } = toObject(
    line,
  );
  if (syncline !== "trace") {
    throw new BrokenRule('a header, {"syncline":"trace",…}');
  }
  if (version !== TRACE_VERSION) {
    throw new BrokenRule(`a header of version ${TRACE_VERSION}`);
  }
  const at = requireNumber("startedAt", startedAt, 0);
  if (policy !== undefined && typeof policy !== "string") {
    throw new BrokenRule("one with policy, a string");
  }
  if (linked !== undefined && typeof linked !== "boolean") {
    throw new BrokenRule("one with linked, true or false");
  }
  return {
    kind: "header",
    startedAt: at,
    options: toOptions(options),
    ...(policy !== undefined && { policy }),
    ...(linked !== undefined && { linked }),
  };
}

/** Reads any other line; throws {@linkcode BrokenRule}. */
export function parseEvent(line: string): TraceEvent {
  const object = toObject(line);
  if (Object.hasOwn(object, "at")) {
    const at = requireNumber("at", object.at, 0);
    const { bytes, after } = object;
    const appends = toAppends(bytes, after);
    return { kind: "turn", at, appends, ...toTook(object) };
  }
  if (Object.hasOwn(object, "flush")) {
    return { kind: "flush", flush: toFlush(object.flush), ...toTook(object) };
  }
  if (Object.hasOwn(object, "gap")) {
    const { appends, flushes } = Object(object.gap);
    return {
      kind: "gap",
      appends: requireCount("gap.appends", appends, 0),
      flushes: requireCount("gap.flushes", flushes, 0),
    };
  }
  const { end: reason } = object;
  const known = TRACE_ENDS.find((one) => one === reason);
  if (known !== undefined) return { kind: "end", reason: known };
  throw new BrokenRule('one with "at", "flush", "gap" or "end"');
}

function toTook({ tookMs }: Record<string, unknown>): { tookMs?: number } {
  if (tookMs === undefined) return {};
  return { tookMs: requireNumber("tookMs", tookMs, 0) };
}

function toObject(line: string): Record<string, unknown> {
  try {
    const value = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Text that is not JSON is not an object either.
  }
  throw new BrokenRule("a JSON object");
}

function toOptions(value: unknown): TracedOptions {
  const options = Object(value);
  const { synchronous, syncIntervalMs, maxQueuedBytes } = options;
  const { maxQueuedRecords, depth } = options;
  if (!["full", "normal", "off"].includes(synchronous)) {
    throw new BrokenRule('one with synchronous "full", "normal" or "off"');
  }
  return {
    synchronous,
    syncIntervalMs: syncIntervalMs === null
      ? null
      : requireNumber("syncIntervalMs", syncIntervalMs, 0),
    maxQueuedBytes: requireCount("maxQueuedBytes", maxQueuedBytes, 1),
    maxQueuedRecords: requireCount("maxQueuedRecords", maxQueuedRecords, 1),
    ...(depth !== undefined && { depth: requireCount("depth", depth, 1) }),
  };
}

function toAppends(value: unknown, links: unknown): TracedAppend[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new BrokenRule('one with "bytes", an array of at least one append');
  }
  if (links !== undefined && !hasLength(links, value.length)) {
    throw new BrokenRule('one with "after", an array as long as "bytes"');
  }
  return value.map((append, nth) => {
    const [bytes, records] = Array.isArray(append) ? append : [append, 1];
    const after = requireCount("after", (links as unknown[])?.[nth] ?? 0, 0);
    return {
      bytes: requireCount("bytes", bytes, 0),
      records: requireCount("records of an append", records, 1),
      ...(after > 0 && { after }),
    };
  });
}

function hasLength(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length;
}

/** Every reason; a trace in memory numbers them in this order. */
export const FLUSH_REASONS: readonly FlushReason[] = [
  ...["due", "limit", "idle", "demand", "pressure", "fault"] as const,
];

function toFlush(value: unknown): FlushReport {
  const flush: FlushReport = Object(value);
  const { reason, records, bytes, firstLsn, lastLsn, oldestAt } = flush;
  if (!FLUSH_REASONS.includes(reason)) {
    throw new BrokenRule("one with a flush reason");
  }
  const startedAt = requireNumber("startedAt", flush.startedAt, 0);
  const writtenAt = requireNumber("writtenAt", flush.writtenAt, startedAt);
  requireCount("records", records, 1);
  requireCount("firstLsn", firstLsn, 1);
  if (lastLsn !== firstLsn + records - 1) {
    throw new BrokenRule(`one with lastLsn ${firstLsn + records - 1}`);
  }
  return {
    reason,
    records,
    bytes: requireCount("bytes", bytes, 0),
    firstLsn,
    lastLsn,
    oldestAt: requireNumber("oldestAt", oldestAt, 0),
    startedAt,
    writtenAt,
    endedAt: requireNumber("endedAt", flush.endedAt, writtenAt),
  };
}

function requireNumber(name: string, value: unknown, least: number): number {
  if (isAmount(value, least)) return value;
  throw new BrokenRule(`one with ${name}, ${amountRule(least)}`);
}

function requireCount(name: string, value: unknown, least: number): number {
  if (isInteger(value, least)) return value;
  throw new BrokenRule(`one with ${name}, ${integerRule(least)}`);
}
