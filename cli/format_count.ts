const integers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number as people read it: `1,234,567`. */
export function formatCount(value: number): string {
  return integers.format(value);
}

/** How many of something: `1 byte`, `2 bytes`. */
export function formatAmount(
  count: number,
  thing: string,
  ending = "s",
): string {
  return `${formatCount(count)} ${thing}${count === 1 ? "" : ending}`;
}

/** `1 record`, `2 records`. */
export function formatRecords(count: number): string {
  return formatAmount(count, "record");
}
