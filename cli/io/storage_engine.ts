import type { LogEngine } from "../../storage/log_engine.ts";
import { refusal } from "../command.ts";

/** Options of commands that work on a log in object storage. */
export const STORAGE_OPTIONS = {
  storage: { type: "string" },
  endpoint: { type: "string" },
  region: { type: "string" },
} as const;

/** Where a log in object storage is. */
export interface StoragePlace {
  /** Such as `s3://bucket/prefix`. */
  readonly storage: string;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** Reads those options; `storage` was given. */
export function parseStorage(
  { storage, endpoint, region }: {
    storage?: string | undefined;
    endpoint?: string | undefined;
    region?: string | undefined;
  },
): StoragePlace {
  if (storage?.startsWith("s3://")) return { storage, endpoint, region };
  const rule = "s3://BUCKET or s3://BUCKET/PREFIX";
  throw refusal("--storage", rule, storage ?? "");
}

/** The engine of a log in object storage; nothing is called yet. */
export async function openStorageEngine(
  { storage, endpoint, region }: StoragePlace,
): Promise<LogEngine> {
  const { ObjectLog, S3Store } = await import("../../storage/s3/mod.ts");
  return new ObjectLog(await S3Store.open(storage, { endpoint, region }));
}
