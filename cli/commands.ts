import { append } from "./append/append.ts";
import { backup } from "./backup/backup.ts";
import { restore } from "./backup/restore.ts";
import { cat } from "./cat/cat.ts";
import type { CliCommand } from "./command.ts";
import { completionOf } from "./completion/completion.ts";
import { doctor } from "./doctor/doctor.ts";
import { inspect } from "./examine/inspect.ts";
import { verify } from "./examine/verify.ts";
import { exportLog } from "./jsonl/export_log.ts";
import { importLog } from "./jsonl/import_log.ts";
import { lab } from "./lab/lab.ts";
import { repair } from "./repair/repair.ts";
import { replicate } from "./replicate/replicate.ts";
import { status } from "./status/status.ts";
import { top } from "./top/top.ts";
import { truncate } from "./truncate/truncate.ts";

const USERS: readonly CliCommand[] = [
  ...[append, cat, status, top, inspect, verify, repair, truncate],
  ...[backup, restore, replicate, exportLog, importLog, doctor, lab],
];

/** Every command, in the order of the help. */
export const COMMANDS: readonly CliCommand[] = [...USERS, completionOf(USERS)];
