/** LSNs from first to last: `LSN 3 to 5`, or `LSN 3`; `""` if there is none. */
export function formatRange(firstLsn: number, lastLsn: number): string {
  if (lastLsn < firstLsn) return "";
  return firstLsn === lastLsn
    ? `LSN ${firstLsn}`
    : `LSN ${firstLsn} to ${lastLsn}`;
}
