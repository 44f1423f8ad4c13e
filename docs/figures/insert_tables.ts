const PLACE = /(<!-- figures: (\S+) -->\n)[^]*?(<!-- end of figures -->)/g;

/**
 * The document with each table at the place that bears its name. Throws where a
 * place has no table, or a table no place.
 */
export function insertTables(
  document: string,
  tables: ReadonlyMap<string, string>,
): string {
  const left = new Set(tables.keys());
  const written = document.replaceAll(PLACE, (_, begin, name, end) => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`No table is called "${name}"`);
    left.delete(name);
    return `${begin}\n${table}\n\n${end}`;
  });
  if (left.size === 0) return written;
  throw new Error(`The document has no place for: ${[...left].join(", ")}`);
}
