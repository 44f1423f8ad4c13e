/** Name of the manifest of `epoch`. */
export function formatManifestName(epoch: number): string {
  return `${String(epoch).padStart(8, "0")}.manifest`;
}

/** The epoch that {@linkcode formatManifestName} was given, of a manifest. */
export function parseManifestName(name: string): number | undefined {
  const match = /^(\d{8,})\.manifest$/.exec(name);
  if (match === null) return undefined;
  const epoch = Number(match[1]);
  return formatManifestName(epoch) === name ? epoch : undefined;
}

/** Epoch of a manifest that is being written; `undefined` for others. */
export function parseUnfinishedManifest(name: string): number | undefined {
  return name.endsWith(".tmp")
    ? parseManifestName(name.slice(0, -4))
    : undefined;
}
