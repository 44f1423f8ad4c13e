import { type Arrival, burstyArrivals } from "../simulator/arrivals.ts";
import { type ClosedLoop, thinkingCallers } from "../simulator/callers.ts";
import { type CostModel, driftingCosts } from "../simulator/costs.ts";
import type { Settings } from "./settings.ts";

/** How a load differs from what is set. */
export interface LoadChange {
  /** So many times the arrival rate, or the callers. */
  readonly factor?: number;
  /** Instead of the appends that are set. */
  readonly appends?: number;
}

/** The appends that are set: at a rate, or by callers who wait. */
export function loadOf(
  { load, numbers }: Settings,
  { factor = 1, appends = numbers.appends }: LoadChange = {},
): Iterable<Arrival> | ClosedLoop {
  const { size: bytes, seed } = numbers;
  if (load === "callers") {
    const callers = Math.max(1, Math.round(numbers.callers * factor));
    const each = Math.ceil(appends / callers);
    return thinkingCallers({
      callers,
      appends: each,
      thinkMs: numbers.think,
      bytes,
      seed,
    });
  }
  return burstyArrivals({
    count: appends,
    perSecond: numbers.rate * factor,
    burst: numbers.burst,
    bytes,
    seed,
  });
}

/** The device that is set. */
export function costsOf({ numbers }: Settings): CostModel {
  return driftingCosts({
    syncMs: numbers.sync,
    spread: numbers.spread,
    writeMsPerMiB: numbers.write,
    seed: numbers.seed,
  });
}
