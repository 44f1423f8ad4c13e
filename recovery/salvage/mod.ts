/**
 * Salvage: keeps what is intact of a damaged log.
 *
 * All that other folders of the library may import from here.
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
