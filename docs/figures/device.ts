import { constantCosts, type CostModel } from "../../simulator/costs.ts";

/** A device that the figures are made for. */
export interface Device {
  /** One word. */
  readonly name: string;
  /** What it is like. */
  readonly like: string;
  /** What each sync takes, in ms. */
  readonly syncMs: number;
  readonly costs: CostModel;
}

/** A solid state disk that may answer before its flash is written. */
export const fast: Device = device("fast", "NVMe in a server", 0.1, 0.01, 0.5);

/** A disk that turns, or one behind a network. */
export const slow: Device = device("slow", "a hard disk", 8, 0.02, 8);

/** The devices, in the order in which they are shown. */
export const devices: readonly Device[] = [fast, slow];

function device(
  name: string,
  like: string,
  syncMs: number,
  writeMs: number,
  writeMsPerMiB: number,
): Device {
  const costs = constantCosts({ syncMs, writeMs, writeMsPerMiB });
  return { name, like, syncMs, costs };
}
