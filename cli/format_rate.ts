import { formatCount } from "./format_count.ts";

/** So many a second, as people read it: `85.3`, `1,234`. */
export function formatRate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : formatCount(perSecond);
}
