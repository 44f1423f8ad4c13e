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
      return writer.readers.cuts.count;
    },
    get end() {
      return writer.end;
    },
    reached: (level) => writer.reached(level),
    read: (from, to) => log.read(from, to),
    get tail() {
      return writer.readers.tail;
    },
    lowestSince: (cuts) => writer.readers.cuts.lowestSince(cuts),
    prepare: (tail) => writer.readers.showTail(tail),
    onAdvance: (wake, level = "os") => writer.readers.tail!.watch(wake, level),
  };
}
