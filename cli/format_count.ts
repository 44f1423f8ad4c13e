const integers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number as people read it: `1,234,567`. */
export function formatCount(value: number): string {
  return integers.format(value);
}

/** `1 record`, `2 records`. */
export function formatRecords(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "record" : "records"}`;
}
