import { formatSettings, INITIAL, type Settings } from "./settings.ts";

/**
 * What has to be simulated anew when it changes: the settings without those of
 * how a run is looked at.
 */
export function runKey(settings: Settings): string {
  const { metric, choice, numbers } = INITIAL;
  const { place, zoom } = numbers;
  return formatSettings({
    ...settings,
    metric,
    choice,
    numbers: { ...settings.numbers, place, zoom },
  });
}
