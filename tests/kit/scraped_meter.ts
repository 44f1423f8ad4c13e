import type { Meter } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One line of what Prometheus scrapes. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is said about a metric in lines that begin with `#`. */
export interface Metadata {
  readonly help: string;
  readonly unit: string;
  readonly type: string;
}

/** What was scraped. */
export class Scrape {
  /** All samples, in order. */
  readonly samples: readonly Sample[];
  /** About each metric, by its name. */
  readonly metadata: ReadonlyMap<string, Metadata>;

  /** Reads the text format; throws for a line that it does not know. */
  constructor(text: string) {
    const samples: Sample[] = [];
    const metadata = new Map<string, Metadata>();
    for (const line of text.trimEnd().split("\n")) {
      const [, key, metric, rest] = COMMENT.exec(line) ?? [];
      if (key === undefined) {
        samples.push(parseSample(line));
      } else {
        const known = metadata.get(metric) ?? { help: "", unit: "", type: "" };
        metadata.set(metric, { ...known, [key.toLowerCase()]: rest });
      }
    }
    this.samples = samples;
    this.metadata = metadata;
  }

  /** The only value with this name that has these labels. */
  value(name: string, labels: Record<string, string> = {}): number {
    const found = this.samples.filter((sample) =>
      sample.name === name &&
      Object.entries(labels).every(([key, text]) => sample.labels[key] === text)
    );
    if (found.length === 1) return found[0].value;
    throw new Error(`${found.length} samples of ${name}`);
  }
}

const COMMENT = /^# (HELP|UNIT|TYPE) (\S+) (.+)$/;

function parseSample(line: string): Sample {
  const [, name, list, value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
  if (value === undefined) throw new Error(`Cannot read ${line}`);
  const labels = [...list.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
    .map(([, key, text]) => [key, text]);
  const number = value === "+Inf" ? Infinity : Number(value);
  return { name, labels: Object.fromEntries(labels), value: number };
}

/** A meter of the real SDK, whose metrics are scraped by HTTP. */
export class ScrapedMeter {
  readonly meter: Meter;
  readonly #exporter = new PrometheusExporter({ preventServerStart: true });
  readonly #provider = new MeterProvider({ readers: [this.#exporter] });
  readonly #server = createServer((request, response) => {
    response.setHeader("connection", "close");
    this.#exporter.getMetricsRequestHandler(request, response);
  });

  /** Nothing listens until it is scraped. */
  constructor() {
    this.meter = this.#provider.getMeter("test");
  }

  /** What Prometheus would get now. */
  async scrape(): Promise<Scrape> {
    if (!this.#server.listening) {
      this.#server.listen(0, "127.0.0.1");
      await once(this.#server, "listening");
    }
    const { port } = this.#server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    return new Scrape(await response.text());
  }

  /** Ends the server and the provider. */
  async close(): Promise<void> {
    if (this.#server.listening) {
      this.#server.close();
      await once(this.#server, "close");
    }
    await this.#provider.shutdown();
  }
}
