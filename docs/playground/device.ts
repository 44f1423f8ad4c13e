import { type CostModel, driftingCosts } from "../../simulator/costs.ts";
import type { NumberName } from "./number_field.ts";
import type { Settings } from "./settings.ts";

/** Numbers that describe a device. */
const DEVICE_NUMBERS = ["sync", "spread", "write", "depth", "price"] as const;

type DeviceNumber = typeof DEVICE_NUMBERS[number];

/** A kind of device to start from. */
export interface Device {
  readonly label: string;
  /** One sentence on it. */
  readonly text: string;
  readonly numbers: Readonly<Record<DeviceNumber, number>>;
}

/** Kinds of devices, with typical numbers. */
export const DEVICES: readonly Device[] = [
  {
    label: "NVMe drive that keeps its cache",
    text: "A drive with capacitors acknowledges a sync from its cache.",
    numbers: { sync: 0.1, spread: 1.3, write: 0.7, depth: 1, price: 0 },
  },
  {
    label: "Consumer SSD",
    text: "Each sync has to reach the flash.",
    numbers: { sync: 1.5, spread: 1.8, write: 2, depth: 1, price: 0 },
  },
  {
    label: "Hard disk",
    text: "A sync waits until the platter has come around.",
    numbers: { sync: 8, spread: 1.3, write: 8, depth: 1, price: 0 },
  },
  {
    label: "Network volume",
    text: "Block storage of a cloud answers after a trip over the network.",
    numbers: { sync: 2.5, spread: 1.6, write: 8, depth: 1, price: 0 },
  },
  {
    label: "Object storage",
    text: "Each flush is one PUT request, of which a million cost 5, and up " +
      "to 4 are on their way.",
    numbers: { sync: 30, spread: 1.6, write: 15, depth: 4, price: 5 },
  },
];

/** The kind of device that is set, if it is one of those. */
export function deviceOf({ numbers }: Settings): Device | undefined {
  return DEVICES.find((device) =>
    DEVICE_NUMBERS.every((name) => device.numbers[name] === numbers[name])
  );
}

/** The same settings on another device. */
export function withDevice(settings: Settings, { numbers }: Device): Settings {
  const own: Partial<Record<NumberName, number>> = numbers;
  return { ...settings, numbers: { ...settings.numbers, ...own } };
}

/** Ms that a thread takes to wake up, and its caller to hear from it. */
const HAND_OVER_MS = 0.12;

/** A sync that is faster runs inline, where it blocks the event loop. */
const SLOW_MS = 1;

/** How long records acknowledged at `os` stay unsynced at most, in ms. */
const SYNC_INTERVAL_MS = 1000;

/**
 * The device that is set, as the log uses it: for one run. At `os`, the first
 * flush of each second brings the sync. If several flushes are in flight, each
 * is a request, which needs no sync and blocks nothing.
 */
export function costsOf({ level, flushing, numbers }: Settings): CostModel {
  const device = driftingCosts({
    syncMs: numbers.sync,
    spread: numbers.spread,
    writeMsPerMiB: numbers.write,
    seed: numbers.seed,
  });
  if (numbers.depth > 1) return device;
  const handOverMs = flushing === "thread" ? HAND_OVER_MS : 0;
  let syncedAt = 0;
  return {
    writeMs: (bytes) => handOverMs + device.writeMs(bytes),
    syncMs(at, bytes, nth) {
      if (level === "os" && at - syncedAt < SYNC_INTERVAL_MS) return 0;
      syncedAt = at;
      return device.syncMs(at, bytes, nth);
    },
    isBlocking: flushing === "inline" && numbers.sync < SLOW_MS,
  };
}

/** What it means that appends wait for this level. */
export function describeLevel({ level, load, numbers }: Settings): string {
  if (numbers.depth > 1) {
    return "A request that is answered is durable, so both are the same here.";
  }
  if (level === "disk") {
    return "An acknowledged record survives a power loss.";
  }
  const count = Math.max(1, Math.round(numbers.rate));
  const some = load === "rate" ? `, here about ${count} records` : "";
  return "An acknowledged record survives the end of the process. A power " +
    `loss takes up to a second of them${some}.`;
}

/** What it means that flushes run there. */
export function describeFlushing({ flushing, numbers }: Settings): string {
  if (numbers.depth > 1) {
    return "Requests leave the event loop free, so both are the same here.";
  }
  if (flushing === "thread") {
    return "The event loop stays free. A flush takes 0.12 ms longer, which a " +
      "fast device notices.";
  }
  return numbers.sync < SLOW_MS
    ? "A sync this short blocks the event loop, and no append arrives meanwhile."
    : "A sync this long runs on the runtime’s thread pool.";
}
