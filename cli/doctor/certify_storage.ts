import { certify, S3Store } from "../../storage/s3/mod.ts";
import {
  type CliIo,
  EXIT,
  signalExitCode,
  writeLine,
  writeWarning,
} from "../io/cli_io.ts";
import {
  certificateJson,
  describeLeftovers,
  formatCertificate,
} from "./format_certificate.ts";

/** Which object storage to certify, and how. */
export interface CertifyStorageOptions {
  /** Such as `s3://bucket/prefix`. */
  readonly storage: string;
  /** Addresses of the store; those after the first are other ways to it. */
  readonly endpoints: readonly string[];
  readonly region?: string | undefined;
  /** Whether to race for fewer keys and time fewer flushes. */
  readonly quick: boolean;
  /** Price of 1000 conditional writes. */
  readonly putPrice: number;
  readonly json: boolean;
}

/** What `wal doctor --storage` does: exit code 1 if the store is not fit. */
export async function certifyStorage(
  options: CertifyStorageOptions,
  { stdout, stderr, interrupt }: CliIo,
): Promise<number> {
  const { storage, endpoints, region, quick, json } = options;
  const ways = endpoints.length === 0 ? [undefined] : endpoints;
  const [store, ...others] = await Promise.all(
    ways.map((endpoint) => S3Store.open(storage, { endpoint, region })),
  );
  if (stderr.isTerminal && !json) {
    await writeLine(stderr, `certifying "${store.location}"`);
  }
  let leftovers: string | undefined;
  try {
    const certificate = await certify(store, {
      ...{ others, signal: interrupt },
      onLeftovers: (prefix) => leftovers = prefix,
      ...(quick && { keys: 60, flushes: 20 }),
    });
    const report = { certificate, putPrice: options.putPrice };
    const lines = json
      ? [JSON.stringify(certificateJson(report))]
      : formatCertificate(report);
    for (const line of lines) await writeLine(stdout, line);
    return certificate.isFit ? EXIT.ok : EXIT.failure;
  } catch (error) {
    if (leftovers !== undefined) {
      const message = describeLeftovers(store.location, leftovers);
      await writeWarning({ stderr }, json, message);
    }
    if (interrupt.aborted) return signalExitCode(interrupt.reason);
    throw error;
  }
}
