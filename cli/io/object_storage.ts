import type { LogEngine, LogObserver } from "../../storage/log_engine.ts";
import type { ObjectStore } from "../../storage/s3/mod.ts";
import { onlyArgument, refusal, UsageError } from "../command.ts";
import type { CliIo } from "./cli_io.ts";
import { noLogError } from "./log_directory.ts";

/** Options of a command that works on object storage, too. */
export const STORAGE_OPTIONS = {
  storage: { type: "string" },
  endpoint: { type: "string" },
  region: { type: "string" },
} as const;

/** What the help of such a command says about them. */
export const STORAGE_HELP = `Instead of DIR, a log on object storage:

  --storage URL    s3://BUCKET/PREFIX; credentials and region come from the
                   environment, as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
                   AWS_SESSION_TOKEN and AWS_REGION. It needs the package
                   aws4fetch
  --endpoint URL   address of the store, if it is not Amazon's
  --region NAME    region to sign for`;

/** A log on object storage, as the command line names it. */
export interface ObjectPlace {
  /** Such as `s3://bucket/prefix`. */
  readonly storage: string;
  /** Absent for Amazon's. */
  readonly endpoint?: string;
  /** Absent for that of the environment. */
  readonly region?: string;
}

/** Where a log is: in a directory, or on object storage. */
export type LogPlace = { readonly directory: string } | ObjectPlace;

/** The values of {@linkcode STORAGE_OPTIONS}. */
type StorageValues = {
  readonly [Name in keyof typeof STORAGE_OPTIONS]?: string;
};

/** Reads where the log of `command` is; throws {@linkcode UsageError}. */
export function parsePlace(
  command: string,
  { storage, endpoint, region }: StorageValues,
  positionals: string[],
): LogPlace {
  if (storage === undefined) {
    const [astray] = Object.entries({ endpoint, region })
      .filter(([, value]) => value !== undefined);
    if (astray !== undefined) {
      throw new UsageError(`--${astray[0]} needs --storage`);
    }
    return { directory: onlyArgument(command, "directory", positionals) };
  }
  if (positionals.length > 0) {
    throw new UsageError(`${command} takes a directory or --storage, not both`);
  }
  if (!storage.startsWith("s3://")) {
    throw refusal("--storage", "s3://BUCKET or s3://BUCKET/PREFIX", storage);
  }
  return {
    storage,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
  };
}

/** Throws {@linkcode UsageError} if one of `names` was given for such a log. */
export function refuseOnStorage(
  place: LogPlace,
  values: Readonly<Record<string, unknown>>,
  names: readonly string[],
): void {
  if ("directory" in place) return;
  const given = names.find((name) => values[name] !== undefined);
  if (given === undefined) return;
  throw new UsageError(`--${given} needs a directory`);
}

/** The store of a log there; it makes no call. */
export async function openStore(
  { storage, endpoint, region }: ObjectPlace,
  { openStore }: CliIo,
): Promise<ObjectStore> {
  const options = { endpoint, region };
  if (openStore !== undefined) return await openStore(storage, options);
  // Loaded on demand: most logs are in directories.
  const { S3Store } = await import("../../storage/s3/mod.ts");
  return await S3Store.open(storage, options);
}

/** The log there; it makes no call. */
export async function openObjectEngine(
  place: ObjectPlace,
  io: CliIo,
): Promise<LogEngine> {
  const store = await openStore(place, io);
  const { ObjectLog } = await import("../../storage/s3/mod.ts");
  return new ObjectLog(store);
}

/**
 * Looks at the log there for the first time; rejects if there is none: a prefix
 * that is misspelled must not look like an empty log.
 */
export async function observeExisting(
  action: string,
  engine: LogEngine,
): Promise<LogObserver> {
  const observer = await engine.observeLog();
  if (observer.id !== undefined) return observer;
  await observer.close();
  throw noLogError(action, engine);
}

/** The store there, which repeats what fails. */
export async function openRetryingStore(
  place: ObjectPlace,
  io: CliIo,
): Promise<ObjectStore> {
  const store = await openStore(place, io);
  const { RetryingStore } = await import("../../storage/s3/mod.ts");
  return new RetryingStore(store);
}
