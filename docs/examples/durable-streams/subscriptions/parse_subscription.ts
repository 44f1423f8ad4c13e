import { refusal, type SubscriptionConfig, trim } from "./subscription.ts";

const DEFAULT_LEASE_MS = 30_000;

/** Hosts that are not on the outside. */
const PRIVATE: readonly RegExp[] = [
  /^(?:0|10|127|192\.168|169\.254)\.[\d.]+$/,
  /^172\.(?:1[6-9]|2\d|3[01])\.[\d.]+$/,
  /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.[\d.]+$/,
  /^\[/,
  /(?:^|\.)localhost\.?$/,
];

/** What a request wants to subscribe to. Throws `Refusal` if it makes no sense. */
export function parseSubscription(body: unknown): SubscriptionConfig {
  const sent: Record<string, unknown> = Object(body);
  const { type, webhook, lease_ttl_ms = DEFAULT_LEASE_MS } = sent;
  if (type !== "webhook" && type !== "pull-wake") invalid("type");
  if (!Number.isInteger(lease_ttl_ms)) invalid("lease_ttl_ms");
  const leaseMs = lease_ttl_ms as number;
  if (leaseMs < 1000 || leaseMs > 600_000) invalid("lease_ttl_ms");
  const config: SubscriptionConfig = {
    type,
    pattern: nameIn(sent, "pattern"),
    streams: sent.streams === undefined ? [] : parseStreams(sent.streams),
    webhook: type === "webhook" ? webhookOf(webhook) : undefined,
    wake_stream: nameIn(sent, "wake_stream"),
    lease_ttl_ms: leaseMs,
    description: typeof sent.description === "string"
      ? sent.description
      : undefined,
  };
  if (!config.pattern && config.streams.length === 0) invalid("streams");
  if (type === "pull-wake" && !config.wake_stream) invalid("wake_stream");
  return config;
}

/** Names of streams. */
export function parseStreams(sent: unknown): string[] {
  if (!Array.isArray(sent)) invalid("streams");
  return (sent as unknown[]).map((name) =>
    typeof name === "string" && name !== "" ? trim(name) : invalid("streams")
  );
}

function nameIn(
  sent: Record<string, unknown>,
  name: string,
): string | undefined {
  const value = sent[name];
  return typeof value === "string" && value !== "" ? trim(value) : undefined;
}

function webhookOf(webhook: unknown): { url: string } {
  const { url } = Object(webhook);
  if (typeof url !== "string") invalid("webhook.url");
  if (isAllowed(url)) return { url };
  throw refusal(400, "WEBHOOK_URL_REJECTED");
}

/**
 * Webhooks go to the outside by TLS, and without it to this machine alone. A
 * name that leads to a private address is not noticed.
 */
function isAllowed(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  if (protocol === "http:") {
    return /^(?:localhost|127(?:\.\d+){3})$/.test(hostname);
  }
  return protocol === "https:" &&
    !PRIVATE.some((pattern) => pattern.test(hostname));
}

function invalid(name: string): never {
  throw refusal(400, "INVALID_REQUEST", { message: `Invalid ${name}` });
}
