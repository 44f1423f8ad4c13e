import type { SalvagedDamage } from "./salvage_log.ts";

/** In a sentence: what is damaged, what is lost, where the originals are. */
export function describeDamage(damage: SalvagedDamage): string {
  const { path, offset, reason, original } = damage;
  const kept = original === undefined
    ? "no file was there to keep"
    : `its original bytes are in "${original}"`;
  return `"${path}" is damaged at offset ${offset} (${reason}): ` +
    `${describeLoss(damage)}; ${kept}`;
}

/** Which records are lost: `records 5 to 6 are lost`. */
export function describeLoss(
  { firstLsn, lastLsn }: Pick<SalvagedDamage, "firstLsn" | "lastLsn">,
): string {
  if (lastLsn < firstLsn) return "no record is known to be lost";
  if (lastLsn === firstLsn) return `record ${firstLsn} is lost`;
  return `records ${firstLsn} to ${lastLsn} are lost`;
}
