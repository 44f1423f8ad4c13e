import {
  costsOf,
  describeFlushing,
  describeLevel,
  deviceOf,
  DEVICES,
  withDevice,
} from "../../../docs/playground/device.ts";
import { runCandidate } from "../../../docs/playground/run_candidate.ts";
import { CANDIDATES } from "../../../docs/playground/candidate.ts";
import { admit, fieldOf } from "../../../docs/playground/number_field.ts";
import {
  INITIAL,
  readSettings,
  withNumber,
} from "../../../docs/playground/settings.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const leader = CANDIDATES.find(({ id }) => id === "leader")!;

test("a kind of device sets numbers that the page admits, and is recognized", () => {
  for (const device of DEVICES) {
    const settings = withDevice(INITIAL, device);
    assertEquals(deviceOf(settings), device);
    assertEquals(deviceOf(withNumber(settings, "sync", 7.7)), undefined);
    for (const [name, value] of Object.entries(device.numbers)) {
      assertEquals(admit(fieldOf(name as "sync"), value), value, name);
    }
    assert(/^[A-Z][^.]+\.$/.test(device.text), device.text);
  }
  assertEquals(DEVICES.filter(({ numbers }) => numbers.price > 0).length, 1);
});

test("costsOf() at os has one sync a second, and else only writes", () => {
  const costs = costsOf({ ...INITIAL, level: "os" });
  const syncs = [0, 500, 999, 1000, 1500, 2100, 3000].map((at, nth) =>
    costs.syncMs(at, 100, nth) > 0
  );
  assertEquals(syncs, [false, false, false, true, false, true, false]);
  const disk = costsOf(INITIAL);
  assert([0, 1, 2].every((nth) => disk.syncMs(nth, 100, nth) > 0));
});

test("costsOf() on a thread takes longer and never blocks", () => {
  const fast = readSettings("#sync=0.1&write=0");
  const inline = costsOf({ ...fast, flushing: "inline" });
  const thread = costsOf({ ...fast, flushing: "thread" });
  assertEquals([inline.isBlocking, thread.isBlocking], [true, false]);
  assertEquals([inline.writeMs(1), thread.writeMs(1)], [0, 0.12]);
  assertEquals(costsOf(readSettings("#sync=1")).isBlocking, false);
});

test("costsOf() several requests in flight knows no os, thread or blocking", () => {
  const store = readSettings("#sync=0.1&write=0&depth=4");
  const costs = costsOf({ ...store, level: "os", flushing: "thread" });
  assert([0, 1, 2].every((nth) => costs.syncMs(nth, 100, nth) > 0));
  assertEquals([costs.writeMs(1), costs.isBlocking], [0, undefined]);
  const said = [describeLevel(store), describeFlushing(store)];
  assert(said.every((text) => text.endsWith("both are the same here.")));
});

test("runCandidate() keeps several requests in flight, drawn like syncs", () => {
  const at = (depth: number) =>
    runCandidate(
      leader,
      readSettings(`#rate=200&burst=1&sync=30&appends=3000&depth=${depth}`),
    );
  const [one, four] = [at(1), at(4)];
  assert(four.figures.meanMs < one.figures.meanMs);
  const { startedAt, writtenAt, endedAt } = four.course;
  assertEquals(writtenAt, startedAt);
  const most = startedAt.map((at) =>
    startedAt.filter((other, nth) => other <= at && endedAt[nth] > at).length
  );
  assertEquals(Math.max(...most), 4);
});

test("at os, appends wait less than at disk", () => {
  const run = (level: "os" | "disk") =>
    runCandidate(leader, { ...readSettings("#appends=3000"), level });
  const [os, disk] = [run("os").figures, run("disk").figures];
  assert(os.meanMs < disk.meanMs / 4, `${os.meanMs} ${disk.meanMs}`);
});

test("describeLevel() and describeFlushing() say what a choice means", () => {
  const os = { ...INITIAL, level: "os" } as const;
  assert(describeLevel(os).endsWith("here about 600 records."));
  assert(!describeLevel({ ...os, load: "callers" }).includes("600"));
  assert(describeLevel(INITIAL).includes("survives a power loss"));
  const said = [
    INITIAL,
    withNumber(INITIAL, "sync", 0.2),
    { ...INITIAL, flushing: "thread" } as const,
  ].map(describeFlushing);
  assertEquals(new Set(said).size, 3);
});
