import { formatSettings, readSettings, type Settings } from "./settings.ts";

/** A situation to start from. */
export interface Preset {
  readonly label: string;
  /** One sentence on what is special about it. */
  readonly text: string;
  /** The settings that differ from the defaults, as in a link. */
  readonly hash: string;
}

/** Situations that call for different policies; the first is a fresh page. */
export const PRESETS: readonly Preset[] = [
  {
    label: "Bursts on a slow disk",
    text:
      "Requests come in waves, and the records of a wave arrive within 4 ms.",
    hash: "",
  },
  {
    label: "Bursts of a known length",
    text: "A window that is as long as a burst catches all of it, and few " +
      "bursts overlap.",
    hash: "rate=240&burst=24&burstMs=3&sync=5&window=3.2&count=256&" +
      "bytes=65536",
  },
  {
    label: "One caller on an NVMe drive",
    text: "Nobody shares a flush with a lone caller, so any wait is lost.",
    hash: "load=callers&callers=1&think=1&sync=0.2&appends=5000",
  },
  {
    label: "12 callers in step on a hard disk",
    text: "Callers that were acknowledged together return almost together, " +
      "and the goal is as many records per second as possible.",
    hash: "load=callers&callers=12&think=0.5&sync=8&window=4&goal=rate",
  },
  {
    label: "A fixed number of callers",
    text: "There are always 16 callers, so a batch of 16 is complete, and an " +
      "age helps out when one of them is late.",
    hash: "load=callers&callers=16&think=0.2&sync=4&spread=1&window=2&" +
      "anyCount=16&anyAge=2&goal=p99",
  },
  {
    label: "Object storage, paid per request",
    text:
      "Every flush is a request that costs money, and 99 % of the records " +
      "must be durable within 250 ms, which is also the goal of Adaptive.",
    hash: "rate=500&burst=1&sync=30&spread=1.6&write=15&depth=4&window=15&" +
      "count=256&bytes=65536&age=50&anyAge=100&target=250&price=5&goal=money&" +
      "bound=250",
  },
  {
    label: "Readings that can wait",
    text: "A trickle of readings, for which 600 ms are soon enough and fewer " +
      "flushes wear out the flash less; an age set by hand does as well as " +
      "Adaptive, which learns.",
    hash: "rate=50&burst=1&sync=8&window=4&count=256&bytes=65536&age=580&" +
      "anyAge=100&target=600&price=0.5&goal=money&bound=600&appends=4000",
  },
  {
    label: "A queue of large records",
    text: "64 records of 64 KB arrive at once, and those written first need " +
      "not wait for the others.",
    hash: "rate=256&burst=64&burstMs=0&size=64000&sync=2&write=10&count=256&" +
      "bytes=1048576&anyBytes=8388608",
  },
  {
    label: "A flood",
    text:
      "150,000 records arrive in a second, and batches form by themselves " +
      "while a flush runs.",
    hash: "rate=150000&burst=1&sync=2&window=1&count=1000&bytes=1048576&" +
      "appends=100000",
  },
  {
    label: "A noisy disk",
    text:
      "Now and then a sync takes ten times as long as usual, which decides " +
      "the p99 whatever the policy does.",
    hash: "rate=2000&burst=1&sync=4&spread=3&window=2&count=256&bytes=65536&" +
      "goal=p99",
  },
];

/** The preset that these settings are, seen in whatever way. */
export function presetOf(settings: Settings): Preset | undefined {
  const key = keyOf(settings);
  return PRESETS.find(({ hash }) => keyOf(readSettings(hash)) === key);
}

/** Settings without what only concerns how results are seen. */
function keyOf(settings: Settings): string {
  const { metric, choice, numbers } = readSettings("");
  const { place, zoom } = numbers;
  return formatSettings({
    ...settings,
    ...{ metric, choice },
    numbers: { ...settings.numbers, place, zoom },
  });
}
