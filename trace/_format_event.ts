import { TRACE_VERSION, type TraceEvent } from "./trace_event.ts";

/** An event as a line, with its newline. */
export function formatEvent(event: TraceEvent): string {
  return `${JSON.stringify(toLine(event))}\n`;
}

function toLine(event: TraceEvent): unknown {
  switch (event.kind) {
    case "header": {
      const { startedAt, options } = event;
      return { syncline: "trace", version: TRACE_VERSION, startedAt, options };
    }
    case "turn": {
      const { at, appends } = event;
      const bytes = appends.map(({ bytes, records }) =>
        records === 1 ? bytes : [bytes, records]
      );
      return { at, bytes };
    }
    case "flush":
      return { flush: event.flush };
    case "gap":
      return { gap: { appends: event.appends, flushes: event.flushes } };
    case "end":
      return { end: event.reason };
  }
}
