import type * as Diagnostics from "node:diagnostics_channel";
import { builtin } from "../builtin.ts";
import type { Listeners } from "../writer/listeners.ts";
import type { Writer } from "../writer/writer.ts";
import type { Alert } from "./alert_options.ts";

/**
 * Publishes the events of all logs to `node:diagnostics_channel`, on
 * `syncline:wal:flush`, `sync`, `health` and `alert`: a message is the event, and
 * the `location` of its log. While nobody subscribes, that costs nothing.
 */
export function publishEvents(
  location: string,
  { stats, health }: Pick<Writer, "stats" | "health">,
  alerts: Listeners<Alert>,
): void {
  const diagnostics = builtin<typeof Diagnostics>("node:diagnostics_channel");
  if (diagnostics === undefined) return;
  const publisher = <Event>(name: string) => {
    const channel = diagnostics.channel(`syncline:wal:${name}`);
    return (event: Event) => {
      if (channel.hasSubscribers) channel.publish({ location, event });
    };
  };
  stats.listeners.add(publisher("flush"));
  stats.syncListeners.add(publisher("sync"));
  health.listeners.add(publisher("health"));
  alerts.add(publisher("alert"));
}
