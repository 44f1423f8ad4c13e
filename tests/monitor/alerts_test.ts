import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Alert, AlertOptions } from "../../monitor/alert_options.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { OnCall } from "../../storage/memory/memory_file.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/** A log in memory whose time, syncs and space the test controls. */
class Subject {
  readonly clock = new VirtualClock();
  readonly storage: MemoryStorage;
  /** `"raised flushMs"`, and so on, in order. */
  readonly told: string[] = [];
  readonly alerts: Alert[] = [];
  /** How long each sync takes, in ms; `Infinity` if it hangs. */
  syncMs = 0;
  freeBytes = 1e12;
  wal!: Wal;
  #release = () => {};

  constructor() {
    const onCall: OnCall = ({ operation }) => {
      if (operation !== "datasync" || this.syncMs === 0) return;
      const after = new Promise<void>((resolve) => {
        this.#release = resolve;
        if (this.syncMs < Infinity) this.clock.after(this.syncMs, resolve);
      });
      return { after };
    };
    this.storage = Object.assign(new MemoryStorage({ onCall }), {
      space: () => ({ freeBytes: this.freeBytes, totalBytes: 2e12 }),
    });
  }

  /** Opens the log, and notes its alerts. */
  async open(
    alerts: AlertOptions | undefined,
    options: WalOptions = {},
  ): Promise<this> {
    const { clock, storage } = this;
    const opening = Wal.open(storage, { clock, alerts, ...options });
    this.wal = await clock.run(opening);
    this.wal.on("alert", (alert) => {
      this.alerts.push(alert);
      this.told.push(`${alert.state} ${alert.name}`);
    });
    return this;
  }

  /** Ends a sync that hangs. */
  release(): void {
    this.syncMs = 0;
    this.#release();
  }

  /** Appends without waiting. */
  append(record = "a record"): Promise<number> {
    const appended = this.wal.append(record);
    appended.catch(() => {});
    return appended;
  }

  close(): Promise<void> {
    return this.clock.run(this.wal.close());
  }
}

test("Wal raises an alert with a slow flush, and clears it after 10 s of good ones", async () => {
  const subject = await new Subject().open({});
  const { clock, told } = subject;
  subject.syncMs = 101;
  await clock.run(subject.append());
  await clock.run(subject.append());
  assertEquals(told, ["raised flushMs"]);
  subject.syncMs = 99;
  for (let second = 0; second < 9; second++) {
    await clock.advance(800);
    await clock.run(subject.append());
  }
  assertEquals(told, ["raised flushMs"]);
  await clock.advance(3000);
  assertEquals(told, ["raised flushMs", "cleared flushMs"]);
  await subject.close();
});

test("Wal raises an alert with a slow sync that belongs to no flush", async () => {
  const subject = await new Subject()
    .open({}, { synchronous: "normal", syncIntervalMs: 50 });
  const { clock, told } = subject;
  await clock.run(subject.append());
  subject.syncMs = 300;
  await clock.advance(2000);
  assertEquals(told, ["raised flushMs"]);
  await subject.close();
});

test("Wal raises an alert while a sync hangs, not after", async () => {
  const subject = await new Subject().open({});
  const { clock, told, wal } = subject;
  subject.syncMs = Infinity;
  const appended = subject.append();
  await clock.advance(4900);
  assertEquals([told, wal.health.status], [[], "healthy"]);
  await clock.advance(1100);
  assertEquals(told, ["raised stallMs", "raised unhealthy"]);
  assertEquals(wal.health.reasons, [
    "a write or sync has not returned for more than 5000 ms",
  ]);
  await clock.advance(60_000);
  assertEquals(told.length, 2);
  subject.release();
  await clock.settle(appended);
  await clock.advance(1000);
  assertEquals(wal.health.status, "healthy");
  // Only now is it known how long the flush took.
  assertEquals(told.slice(2), ["raised flushMs"]);
  await clock.advance(11_000);
  assertEquals(told.slice(3).sort(), [
    ...["cleared flushMs", "cleared stallMs", "cleared unhealthy"],
  ]);
  await subject.close();
});

test("Wal reports a sync that blocked the event loop once it has returned", async () => {
  const clock = new VirtualClock();
  let blockMs = 0;
  const storage = new MemoryStorage({
    onCall: ({ operation }) => {
      if (operation === "datasync") clock.skew(blockMs);
    },
  });
  const wal = await clock.run(Wal.open(storage, { clock, alerts: {} }));
  const told: string[] = [];
  wal.on("alert", ({ state, name }) => told.push(`${state} ${name}`));
  await clock.run(wal.append("a record"));
  blockMs = 5001;
  await clock.run(wal.append("another"));
  assertEquals(told.sort(), ["raised flushMs", "raised stallMs"]);
  assertEquals(wal.health.status, "healthy");
  blockMs = 0;
  await clock.run(wal.close());
});

test("Wal looks for a stall as often as its threshold demands", async () => {
  const subject = await new Subject().open({ stallMs: 100 });
  subject.syncMs = Infinity;
  const appended = subject.append();
  await subject.clock.advance(151);
  assert(subject.told.includes("raised stallMs"));
  subject.release();
  await subject.clock.settle(appended);
  await subject.close();
});

test("Wal raises an alert when too many records wait", async () => {
  const subject = await new Subject()
    .open({ queuedRecords: 50 }, { maxQueuedRecords: 30 });
  const { clock, told, alerts } = subject;
  subject.syncMs = 10;
  const appends = Array.from({ length: 100 }, () => subject.append());
  await clock.run(Promise.all(appends));
  assertEquals(told, ["raised queuedRecords"]);
  assert(alerts[0].value > 50 && alerts[0].value <= 100, `${alerts[0].value}`);
  await clock.advance(11_000);
  assertEquals(told, ["raised queuedRecords", "cleared queuedRecords"]);
  await subject.close();
});

test("Wal raises alerts about its size, the room left, and cursors that lag", async () => {
  const subject = new Subject();
  await subject.open({
    ...{ storedBytes: 20_000, freeBytes: 5000, cursorLagRecords: 3 },
  }, { segmentBytes: 4096 });
  const { clock, told, wal, alerts } = subject;
  const cursor = await clock.run(wal.cursor("billing"));
  for (let record = 0; record < 4; record++) {
    await clock.run(subject.append("".padEnd(3000, "x")));
  }
  await clock.advance(10_000);
  assertEquals(told, ["raised cursorLagRecords"]);
  assertEquals([alerts[0].cursor, alerts[0].value], ["billing", 4]);
  for (let record = 0; record < 4; record++) {
    await clock.run(subject.append("".padEnd(3000, "x")));
  }
  subject.freeBytes = 4999;
  await clock.advance(10_000);
  assertEquals(told.slice(1).sort(), [
    "raised freeBytes",
    "raised storedBytes",
  ]);
  await clock.run(cursor.commit(8));
  await clock.run(wal.truncateBefore(8));
  subject.freeBytes = 5000;
  await clock.advance(21_000);
  assertEquals(told.slice(3).sort(), [
    ...["cleared cursorLagRecords", "cleared freeBytes", "cleared storedBytes"],
  ]);
  await subject.close();
});

test("Wal raises an alert as soon as it has failed", async () => {
  const subject = new Subject();
  await subject.open({});
  const { storage } = subject;
  storage.open = () => {
    throw new Error("the device is gone");
  };
  await assertRejects(() => subject.clock.run(subject.append()));
  assertEquals(subject.told, ["raised unhealthy"]);
  assertEquals(subject.alerts[0].value, 1);
  await subject.close().catch(() => {});
});

test("Wal.configure() begins, changes and ends alerts; what is raised is cleared", async () => {
  const subject = await new Subject().open(undefined);
  const { clock, told, wal } = subject;
  subject.syncMs = 50;
  await clock.run(subject.append());
  assertEquals([told, wal.settings.alerts], [[], null]);
  await clock.run(wal.configure({ alerts: { flushMs: 40 } }));
  await clock.run(subject.append());
  assertEquals(told, ["raised flushMs"]);
  await clock.run(wal.configure({ alerts: { flushMs: 60 } }));
  await clock.run(subject.append());
  await clock.run(wal.configure({ alerts: null }));
  assertEquals(told, ["raised flushMs", "cleared flushMs"]);
  subject.syncMs = 500;
  await clock.run(subject.append());
  await clock.advance(10_000);
  assertEquals(told.length, 2);
  assertEquals(clock.timers, 0);
  await subject.close();
});

test("Wal.closeSync() ends alerts and the status", async () => {
  const subject = await new Subject().open({}, { status: true });
  const { clock, wal } = subject;
  assert(clock.timers > 0);
  wal.closeSync();
  await clock.quiet();
  assertEquals(clock.timers, 0);
});

test("Wal publishes alerts to a diagnostics channel", async () => {
  const messages: unknown[] = [];
  const listener = (message: unknown) => void messages.push(message);
  subscribe("syncline:wal:alert", listener);
  const subject = await new Subject().open({ flushMs: 1 });
  subject.syncMs = 2;
  await subject.clock.run(subject.append());
  unsubscribe("syncline:wal:alert", listener);
  assertEquals<unknown>(messages, [
    { location: "[memory]", event: subject.alerts[0] },
  ]);
  await subject.close();
});

test("Wal.open() refuses bad alerts, and sets no timer without any", async () => {
  const refused = async (alerts: AlertOptions, message: string) => {
    const error = await assertRejects(() =>
      Wal.open(new MemoryStorage(), { alerts })
    );
    assertEquals((error as Error).message, message);
  };
  await refused(
    { flushMs: -1 },
    "Cannot open a log because alerts.flushMs must be a number of at least " +
      "0, or false: received -1",
  );
  await refused(
    { queueRecords: 1 } as AlertOptions,
    "Cannot open a log because there is no option queueRecords: did you mean " +
      "queuedRecords?",
  );
  await refused(
    { clearMs: NaN },
    "Cannot open a log because alerts.clearMs must be a finite number of at " +
      "least 0: received NaN",
  );
  const subject = await new Subject().open(undefined);
  assertEquals(subject.clock.timers, 0);
  await subject.close();
});
