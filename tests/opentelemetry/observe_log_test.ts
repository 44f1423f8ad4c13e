import { observeLog } from "../../opentelemetry/observe_log.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import type { Wal } from "../../wal.ts";
import { assert, assertEquals, assertThrows } from "../kit/assert.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { ScrapedMeter } from "../kit/scraped_meter.ts";

const scraped = "syncline_wal_";

/** A log with something in every place, and a meter that observes it. */
async function observedLog() {
  const meters = new ScrapedMeter();
  const { meter } = meters;
  const opened = await openWal({
    policy: new AgePolicy({ ms: 10 }),
    synchronous: "normal",
    syncIntervalMs: 1000,
    maxQueuedRecords: 4,
  });
  const { wal, clock, close } = opened;
  const stop = observeLog(wal, { name: "orders", meter });
  for (const bytes of [1, 20, 300]) {
    await clock.run(wal.append(new Uint8Array(bytes), { ack: "disk" }));
  }
  await clock.run(wal.appendBatch(["not", "synced"]));
  return {
    ...opened,
    meters,
    stop,
    close: async () => {
      await close();
      await meters.close();
    },
  };
}

test("observeLog() reports to Prometheus what stats() tells", async () => {
  const { wal, clock, meters, close } = await observedLog();
  for (const text of ["1", "2", "3", "4"]) wal.enqueue(text);
  const waits = wal.append("waits for room");
  await clock.turn();
  await clock.advance(2);
  const stats = wal.stats();
  const scrape = await meters.scrape();
  const log = { syncline_wal_log: "orders" };
  const value = (name: string, labels = {}) =>
    scrape.value(scraped + name, { ...log, ...labels });
  for (const [reason, count] of Object.entries(stats.flushes.reasons)) {
    const labels = { syncline_wal_flush_reason: reason };
    assertEquals(value("flushes_total", labels), count);
  }
  for (const [position, lsn] of Object.entries(stats.lsn)) {
    assertEquals(value("lsn", { syncline_wal_lsn_position: position }), lsn);
  }
  assertEquals(value("written_records_total"), stats.flushes.records.sum);
  assertEquals(value("written_size_total"), stats.flushes.bytes.sum);
  assertEquals(value("queue_records"), stats.queue.records);
  assertEquals(value("queue_size"), stats.queue.bytes);
  assertEquals(value("queue_age"), stats.queue.oldestMs / 1000);
  assertEquals(value("waiting_records"), stats.queue.waitingRecords);
  assertEquals(value("waiting_size"), stats.queue.waitingBytes);
  assertEquals(value("waiters"), stats.queue.waiters);
  assertEquals(value("at_risk_records"), stats.atRisk.records);
  assertEquals(value("at_risk_size"), stats.atRisk.bytes);
  assertEquals(value("at_risk_age"), stats.atRisk.ms / 1000);
  assertEquals(value("busy_age"), stats.busyMs / 1000);
  assertEquals(value("thread_status"), 0);
  assertEquals(value("thread_ends_total"), stats.thread.ends);
  assertEquals(value("thread_records"), stats.thread.handedRecords);
  assertEquals(value("thread_size"), stats.thread.handedBytes);
  assertEquals(value("stored_size"), stats.storage.bytes);
  assertEquals(value("stored_segments"), stats.storage.segments);
  assertEquals(value("uptime"), stats.uptimeMs / 1000);
  assertEquals(value("health"), 0);
  await clock.run(waits);
  await close();
});

test("observeLog() counts each flush and each sync in histograms", async () => {
  const { wal, clock, meters, close } = await observedLog();
  await clock.advance(1000);
  const { flushes, latency } = wal.stats();
  const scrape = await meters.scrape();
  const histograms = {
    ack_duration: [latency.ackMs, 1000],
    queue_duration: [latency.queueMs, 1000],
    write_duration: [latency.writeMs, 1000],
    sync_duration: [latency.syncMs, 1000],
    flush_records: [flushes.records, 1],
    flush_size: [flushes.bytes, 1],
  } as const;
  assertEquals([flushes.count, latency.syncMs.count], [4, 4]);
  for (const [name, [known, perUnit]] of Object.entries(histograms)) {
    const count = scrape.value(`${scraped}${name}_count`);
    const sum = scrape.value(`${scraped}${name}_sum`);
    const all = scrape.value(`${scraped}${name}_bucket`, { le: "+Inf" });
    assertEquals([count, all], [known.count, known.count], name);
    assert(Math.abs(sum - known.sum / perUnit) < 1e-9, name);
  }
  const waited = (le: string) =>
    scrape.value(`${scraped}queue_duration_bucket`, { le });
  assertEquals([waited("0.005"), waited("0.01")], [0, 4]);
  await close();
});

test("observeLog() has buckets from 10 us to 10 s", async () => {
  const { meters, close } = await observedLog();
  const { samples } = await meters.scrape();
  const bounds = samples
    .filter(({ name }) => name === "syncline_wal_sync_duration_bucket")
    .map(({ labels }) => Number(labels.le.replace("+Inf", "Infinity")));
  assertEquals([bounds[0], bounds.at(-2)], [1e-5, 10]);
  for (let at = 1; at < bounds.length - 1; at++) {
    const ratio = bounds[at] / bounds[at - 1];
    assert(ratio > 1.99 && ratio < 2.51, `${bounds[at]}`);
  }
  await close();
});

test("observeLog() takes stats once per collection, and never after it was stopped", async () => {
  const { wal, clock, close } = await openWal();
  let calls = 0;
  const counted: Pick<Wal, "on" | "stats"> = {
    on: (name, listener) => wal.on(name, listener),
    stats: () => {
      calls++;
      return wal.stats();
    },
  };
  const meters = new ScrapedMeter();
  const { meter } = meters;
  const stop = observeLog(counted, { name: "orders", meter });
  await clock.run(wal.append("a"));
  assertEquals(calls, 0);
  await meters.scrape();
  await meters.scrape();
  assertEquals(calls, 2);
  stop();
  await clock.run(wal.append("b"));
  const scrape = await meters.scrape();
  assertEquals(calls, 2);
  assertEquals(scrape.value(`${scraped}flush_records_count`), 1);
  assertEquals(scrape.value(`${scraped}sync_duration_count`), 1);
  await close();
  await meters.close();
});

test("observeLog() tells logs of one meter apart by name and attributes", async () => {
  const meters = new ScrapedMeter();
  const { meter } = meters;
  const [one, two] = [await openWal(), await openWal()];
  observeLog(one.wal, { name: "log", meter, attributes: { shard: 1 } });
  observeLog(two.wal, { name: "log", meter, attributes: { shard: 2 } });
  await one.clock.run(one.wal.append("a"));
  const scrape = await meters.scrape();
  for (const name of ["written_records_total", "flush_records_count"]) {
    const count = (shard: string) =>
      scrape.samples.find((sample) =>
        sample.name === scraped + name && sample.labels.shard === shard
      )?.value ?? 0;
    assertEquals([count("1"), count("2")], [1, 0], name);
  }
  await Promise.all([one.close(), two.close(), meters.close()]);
});

test("observeLog() tells of a log that has failed", async () => {
  const error = new Error("the disk is gone");
  const fail = { operation: "sync", nth: 2, error } as const;
  const { wal, clock, close } = await openWal({}, { fail });
  const meters = new ScrapedMeter();
  observeLog(wal, { name: "orders", meter: meters.meter });
  const health = async () =>
    (await meters.scrape()).value("syncline_wal_health");
  await clock.run(wal.append("a"));
  assertEquals(await health(), 0);
  await clock.run(wal.append("b")).catch(() => {});
  assertEquals(await health(), 2);
  await close();
  assertEquals(await health(), 2);
  await meters.close();
});

test("observeLog() counts a time that a clock makes negative as 0", async () => {
  const { wal, clock, meters, close } = await observedLog();
  const before = (await meters.scrape()).value(`${scraped}ack_duration_sum`);
  wal.enqueue("a");
  await clock.turn();
  clock.skew(-50_000);
  await clock.run(wal.flush());
  const scrape = await meters.scrape();
  assertEquals(scrape.value(`${scraped}ack_duration_count`), 5);
  assertEquals(scrape.value(`${scraped}ack_duration_sum`), before);
  await close();
});

test("observeLog() refuses what it cannot use", async () => {
  const meters = new ScrapedMeter();
  const { wal, close } = await openWal();
  const { meter } = meters;
  const refused = (options: object, part: string) => {
    const error = assertThrows(
      () => observeLog(wal, options as never),
      TypeError,
    );
    assert(error.message.startsWith("Cannot observe the log because "));
    assert(error.message.includes(part), error.message);
  };
  refused({ meter }, "name must be a string: received undefined");
  refused({ name: "a" }, "meter must be an object with a method");
  refused({ name: "a", meter, tracer: {} }, "tracer must be");
  refused({ name: "a", meter, attributes: 1 }, "attributes must be an object");
  refused({ name: "a", meter, tracr: {} }, "did you mean tracer?");
  const nothing = undefined as never;
  assertThrows(() => observeLog(nothing, { name: "a", meter }), TypeError);
  await close();
  await meters.close();
});
