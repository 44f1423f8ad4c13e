import type { FrameLog } from "../storage/frame_log.ts";
import type { Writer } from "../writer/writer.ts";
import type { LogSource } from "./log_source.ts";

/** The log as readers of this process see it. */
export function sourceOf(log: FrameLog, writer: Writer): LogSource {
  return {
    files: log.files,
    get firstLsn() {
      return log.firstLsn;
    },
    get cuts() {
      return writer.cuts.count;
    },
    get end() {
      return writer.end;
    },
    reached: (level) => writer.reached(level),
    read: (from, to) => log.read(from, to),
    get tail() {
      return writer.tail;
    },
    lowestSince: (cuts) => writer.cuts.lowestSince(cuts),
    prepare: (tail) => writer.showTail(tail),
    onAdvance: (wake, level = "os") => writer.tail!.watch(wake, level),
  };
}
