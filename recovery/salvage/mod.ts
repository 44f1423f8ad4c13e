/**
 * Salvage: what can be kept of a damaged log, and how it is kept.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export { lostContents } from "./lost_contents.ts";
export {
  describeLoss,
  type SalvagedDamage,
  salvageLog,
  type SalvageReport,
} from "./salvage_log.ts";
