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
  { firstLsn, lastLsn, lossUnknown }: Pick<
    SalvagedDamage,
    "firstLsn" | "lastLsn" | "lossUnknown"
  >,
): string {
  if (lastLsn < firstLsn) {
    return lossUnknown
      ? "nobody knows which records are lost, if any"
      : "no record is known to be lost";
  }
  const lost = lastLsn === firstLsn
    ? `record ${firstLsn} is lost`
    : `records ${firstLsn} to ${lastLsn} are lost`;
  return lossUnknown ? `${lost}, and nobody knows whether more are` : lost;
}
