import type { Mutant } from "./mutant.ts";

/** Bugs of what reports how a log is. */
export const monitorMutants: readonly Mutant[] = [
  {
    name: "clears an alert as soon as its figure is good",
    edits: [{
      file: "monitor/decide_alerts.ts",
      find: "lastAt !== now && now - lastAt >= thresholds.clearMs;",
      replace: "lastAt !== now;",
    }],
    caughtBy: {
      file: "tests/monitor/decide_alerts_test.ts",
      name:
        "decideAlerts() raises flushMs at once and clears it after 10 s without a reason",
    },
  },
  {
    name: "reports a sync that hangs only when it has returned",
    edits: [{
      file: "monitor/alert_watch.ts",
      find: "stallMs: Math.max(this.#busyMs, slowestMs),",
      replace: "stallMs: slowestMs,",
    }],
    caughtBy: {
      file: "tests/monitor/alerts_test.ts",
      name: "Wal raises an alert while a sync hangs, not after",
    },
  },
  {
    name: "goes on as healthy when its flush thread has ended",
    edits: [{
      file: "writer/flush_mode.ts",
      find: '    this.#status = "ended";\n    this.#ends++;\n',
      replace:
        '    this.#status = "ended";\n    if (++this.#ends > 0) return;\n',
    }],
    caughtBy: {
      file: "tests/monitor/flush_thread_test.ts",
      name:
        "a flush thread that ends makes the log degraded until there is another",
    },
  },
  {
    name: "writes a status although another owner has the log",
    edits: [{
      file: "monitor/status_writer.ts",
      find: "    if (!await this.#isOwner()) return;\n    const { log",
      replace: "    const { log",
    }],
    caughtBy: {
      file: "tests/monitor/status_test.ts",
      name:
        "Wal that was displaced neither replaces nor removes its successor's status",
    },
  },
  {
    name: "keeps a part of a status on a full disk",
    edits: [{
      file: "monitor/status_writer.ts",
      find:
        "      await removeQuietly(this.#files, TEMPORARY_NAME);\n      throw error;",
      replace: "      throw error;",
    }],
    caughtBy: {
      file: "tests/monitor/status_test.ts",
      name: "Wal keeps no part of a status for which there is no room",
    },
  },
];
