import type { HrTime } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { TracerLike } from "../../opentelemetry/meter_like.ts";
import { observeLog } from "../../opentelemetry/observe_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";
import { ScrapedMeter } from "../kit/scraped_meter.ts";

/** Spans of the real SDK. */
function collectSpans() {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  const provider = new BasicTracerProvider({ spanProcessors });
  return {
    tracer: provider.getTracer("test"),
    spans: async () => {
      await provider.forceFlush();
      return exporter.getFinishedSpans();
    },
  };
}

/** A tracer that notes whether spans are roots, and their instants. */
function noteSpans() {
  const notes: [root: boolean, start: number, written: number, end: number][] =
    [];
  const tracer: TracerLike = {
    startSpan(_name, { root, startTime }) {
      let written = NaN;
      return {
        addEvent: (_event, time) => written = time,
        end: (time) => void notes.push([root, startTime, written, time]),
      };
    },
  };
  return { tracer, notes };
}

const { meter } = new ScrapedMeter();
const toMs = ([seconds, nanos]: HrTime) => seconds * 1000 + nanos / 1e6;

test("observeLog() makes a span of each flush, at the time of the calendar", async () => {
  const { tracer, spans } = collectSpans();
  const wal = await Wal.open(new MemoryStorage());
  observeLog(wal, { name: "orders", meter, tracer, attributes: { shard: 1 } });
  const began = Date.now();
  const { first, last } = await wal.appendBatch(["a", "bc"]);
  const ended = Date.now();
  const [{ name, startTime, endTime, attributes, ...span }] = await spans();
  const { "syncline.wal.flush.queued": queued, ...others } = attributes;
  assertEquals(name, "wal.flush");
  assertEquals(others, {
    shard: 1,
    "syncline.wal.log": "orders",
    "syncline.wal.flush.reason": "due",
    "syncline.wal.flush.records": 2,
    "syncline.wal.flush.size": 11,
    "syncline.wal.flush.first_lsn": first,
    "syncline.wal.flush.last_lsn": last,
    "syncline.wal.flush.synced": true,
  });
  assert(typeof queued === "number" && queued >= 0);
  // The calendar is read in whole ms.
  assert(toMs(startTime) >= began - 2 && toMs(endTime) <= ended + 2);
  assertEquals(span.parentSpanContext, undefined);
  await wal.close();
});

test("observeLog() gives spans the durations of the log's clock, whatever that is", async () => {
  const { tracer, spans } = collectSpans();
  const { wal, log, clock } = await openWal({}, { answer: "held" });
  // An SDK takes small numbers for times since the process began.
  clock.skew(1e9);
  observeLog(wal, { name: "orders", meter, tracer });
  const appended = wal.append("a");
  await clock.quiet();
  for (const ms of [30, 70]) { // the write, and the sync
    await clock.advance(ms);
    log.step();
    await clock.quiet();
  }
  while (log.isHolding) {
    log.step();
    await clock.quiet();
  }
  await clock.run(appended);
  const [{ startTime, endTime, events: [written] }] = await spans();
  const end = toMs(endTime);
  assertEquals(Math.round(end - toMs(startTime)), 100);
  assertEquals(written.name, "written");
  assertEquals(Math.round(end - toMs(written.time)), 70);
  assert(Math.abs(end - Date.now()) < 60_000);
});

test("observeLog() has spans say whether their flush was synced", async () => {
  const { tracer, spans } = collectSpans();
  const { wal, clock, close } = await openWal({ synchronous: "off" });
  observeLog(wal, { name: "orders", meter, tracer });
  await clock.run(wal.append("a"));
  await clock.run(wal.append("b", { ack: "disk" }));
  await clock.run(wal.append("c"));
  await clock.run(wal.flush());
  const synced = (await spans())
    .map(({ attributes }) => attributes["syncline.wal.flush.synced"]);
  assertEquals(synced, [false, true, false]);
  await close();
});

test("observeLog() begins no span after its end if a clock is set back", async () => {
  const { tracer, notes } = noteSpans();
  const { wal, log, clock } = await openWal({}, { answer: "held" });
  observeLog(wal, { name: "orders", meter, tracer });
  const appended = wal.append("a");
  await clock.quiet();
  clock.skew(-5000);
  while (log.isHolding) {
    log.step();
    await clock.quiet();
  }
  await clock.run(appended);
  const [[, start, written, end]] = notes;
  assertEquals([start, written], [end, end]);
  assert(Math.abs(end - Date.now()) < 60_000);
});

test("observeLog() makes each span a trace of its own", async () => {
  const { tracer, notes } = noteSpans();
  const { wal, clock, close } = await openWal();
  const stop = observeLog(wal, { name: "orders", meter, tracer });
  await clock.run(wal.append("a"));
  stop();
  await clock.run(wal.append("b"));
  assertEquals(notes.map(([root]) => root), [true]);
  await close();
});
