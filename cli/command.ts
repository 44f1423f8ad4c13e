import type { AckLevel } from "../writer/acks.ts";
import type { BatchPolicy } from "../policies/batch_policy.ts";
import {
  onlyArgument,
  parseArguments,
  parseBytes,
  parseInteger,
  UsageError,
} from "./parse_value.ts";
import { type DoctorCommand, parseDoctor } from "./doctor/doctor.ts";
import { type LabCommand, parseLab } from "./lab/lab.ts";
import { parsePolicy } from "../policies/parse_policy.ts";

/** The names of the commands. */
export type CommandName = typeof COMMANDS[number];

const COMMANDS = [
  ...["append", "cat", "inspect", "verify", "repair", "doctor", "lab"] as const,
];

/** `append`, parsed. */
export interface AppendCommand {
  name: "append";
  directory: string;
  /** Absent for the library's own. */
  policy?: BatchPolicy;
  ack: AckLevel;
  /** Path of a trace to be written. */
  trace?: string;
  /** Whether to take the log even from an owner that lives. */
  takeOver: boolean;
  /** Absent for the library's own. */
  segmentBytes?: number;
}

/** `cat`, parsed. */
export interface CatCommand {
  name: "cat";
  directory: string;
  /** Absent for the oldest record. */
  from?: number;
  /** `Infinity` for the last one there is. */
  to: number;
  follow: boolean;
  json: boolean;
}

/** `inspect`, parsed. */
export interface InspectCommand {
  name: "inspect";
  directory: string;
  json: boolean;
}

/** `verify`, parsed. */
export interface VerifyCommand {
  name: "verify";
  directory: string;
  json: boolean;
}

/** `repair`, parsed. */
export interface RepairCommand {
  name: "repair";
  directory: string;
  /** Whether only to say what would be done. */
  dryRun: boolean;
  /** Whether to take the log even from an owner that lives. */
  takeOver: boolean;
  json: boolean;
}

/** Whether a command of that name exists. */
export function isCommand(name: string | undefined): name is CommandName {
  return COMMANDS.some((command) => command === name);
}

/** What the arguments ask for. */
export type Command =
  | AppendCommand
  | CatCommand
  | InspectCommand
  | VerifyCommand
  | RepairCommand
  | DoctorCommand
  | LabCommand
  | { name: "help"; topic?: CommandName }
  | { name: "version" };

/** Reads the arguments; throws {@linkcode UsageError}. */
export function parseCommand(args: readonly string[]): Command {
  const [name = "", ...rest] = args;
  switch (name) {
    case "append":
      return parseAppend(rest);
    case "cat":
      return parseCat(rest);
    case "inspect":
      return parseInspect(rest);
    case "verify":
      return parseVerify(rest);
    case "repair":
      return parseRepair(rest);
    case "doctor":
      return parseDoctor(rest);
    case "lab":
      return parseLab(rest);
    case "help":
    case "-h":
    case "--help":
      return parseHelp(rest);
    case "-V":
    case "--version":
      return { name: "version" };
    case "":
      throw new UsageError("a command must be given: received none");
    default:
      throw new UsageError(
        `the command must be one of ${COMMANDS.join(", ")}, help: ` +
          `received "${name}"`,
      );
  }
}

function parseAppend(args: string[]): Command {
  const { values, positionals } = parseArguments(args, {
    policy: { type: "string" },
    ack: { type: "string" },
    trace: { type: "string" },
    "take-over": { type: "boolean" },
    "segment-bytes": { type: "string" },
  });
  if (values.help) return { name: "help", topic: "append" };
  const bytes = values["segment-bytes"];
  return {
    name: "append",
    directory: onlyArgument("append", "directory", positionals),
    ...(values.policy !== undefined && { policy: parsePolicy(values.policy) }),
    ack: parseAck(values.ack ?? "disk"),
    ...(values.trace !== undefined && { trace: values.trace }),
    takeOver: values["take-over"] ?? false,
    ...(bytes !== undefined && { segmentBytes: parseSegmentBytes(bytes) }),
  };
}

function parseCat(args: string[]): Command {
  const { values, positionals } = parseArguments(args, {
    from: { type: "string" },
    to: { type: "string" },
    follow: { type: "boolean", short: "f" },
    json: { type: "boolean" },
  });
  if (values.help) return { name: "help", topic: "cat" };
  const { from, to, follow = false, json = false } = values;
  const first = from === undefined ? undefined : parseInteger("--from", from);
  const last = to === undefined ? Infinity : parseInteger("--to", to);
  if (first !== undefined && first > last) {
    throw new UsageError(
      `--to must be at least --from, ${first}: received "${to}"`,
    );
  }
  return {
    name: "cat",
    directory: onlyArgument("cat", "directory", positionals),
    ...(first !== undefined && { from: first }),
    to: last,
    follow,
    json,
  };
}

function parseInspect(args: string[]): Command {
  const { values, positionals } = parseArguments(args, {
    json: { type: "boolean" },
  });
  if (values.help) return { name: "help", topic: "inspect" };
  return {
    name: "inspect",
    directory: onlyArgument("inspect", "directory", positionals),
    json: values.json ?? false,
  };
}

function parseVerify(args: string[]): Command {
  const { values, positionals } = parseArguments(args, {
    json: { type: "boolean" },
  });
  if (values.help) return { name: "help", topic: "verify" };
  return {
    name: "verify",
    directory: onlyArgument("verify", "directory", positionals),
    json: values.json ?? false,
  };
}

function parseRepair(args: string[]): Command {
  const { values, positionals } = parseArguments(args, {
    "dry-run": { type: "boolean" },
    "take-over": { type: "boolean" },
    json: { type: "boolean" },
  });
  if (values.help) return { name: "help", topic: "repair" };
  const { "dry-run": dryRun = false, "take-over": takeOver = false } = values;
  if (dryRun && takeOver) {
    throw new UsageError(
      "--take-over must not be given with --dry-run, which takes no lock",
    );
  }
  return {
    name: "repair",
    directory: onlyArgument("repair", "directory", positionals),
    dryRun,
    takeOver,
    json: values.json ?? false,
  };
}

function parseHelp([word]: string[]): Command {
  return isCommand(word) ? { name: "help", topic: word } : { name: "help" };
}

/** As large as the library demands. */
const LEAST_SEGMENT_BYTES = 4096;

function parseSegmentBytes(text: string): number {
  const bytes = parseBytes("--segment-bytes", text);
  if (bytes >= LEAST_SEGMENT_BYTES) return bytes;
  throw new UsageError(
    `--segment-bytes must be at least ${LEAST_SEGMENT_BYTES}: ` +
      `received "${text}"`,
  );
}

function parseAck(text: string): AckLevel {
  if (text === "disk" || text === "os" || text === "memory") return text;
  throw new UsageError(
    `--ack must be disk, os or memory: received "${text}"`,
  );
}
