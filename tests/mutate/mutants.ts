import { appendMutants } from "./append_mutants.ts";
import { backupMutants } from "./backup_mutants.ts";
import { checkpointMutants } from "./checkpoint_mutants.ts";
import { engineMutants } from "./engine_mutants.ts";
import { exampleMutants } from "./example_mutants.ts";
import { levelMutants } from "./level_mutants.ts";
import { monitorMutants } from "./monitor_mutants.ts";
import type { Mutant } from "./mutant.ts";
import { objectLogReadingMutants } from "./object_log_reading_mutants.ts";
import { objectStoreMutants } from "./object_store_mutants.ts";
import { ownershipMutants } from "./ownership_mutants.ts";
import { pipelineMutants } from "./pipeline_mutants.ts";
import { portMutants } from "./port_mutants.ts";
import { readingMutants } from "./reading_mutants.ts";
import { recoveryMutants } from "./recovery_mutants.ts";
import { replicaMutants } from "./replica_mutants.ts";
import { respServerMutants } from "./resp_server_mutants.ts";
import { runningMutants } from "./running_mutants.ts";
import { sessionJournalMutants } from "./session_journal_mutants.ts";
import { slotMutants } from "./slot_mutants.ts";
import { storageMutants } from "./storage_mutants.ts";
import { streamsMutants } from "./streams_mutants.ts";
import { threadMutants } from "./thread_mutants.ts";
import { upkeepMutants } from "./upkeep_mutants.ts";
import { writerMutants } from "./writer_mutants.ts";

/** All planted bugs. */
export const mutants: readonly Mutant[] = [
  ...upkeepMutants,
  ...writerMutants,
  ...appendMutants,
  ...pipelineMutants,
  ...respServerMutants,
  ...runningMutants,
  ...storageMutants,
  ...objectLogReadingMutants,
  ...objectStoreMutants,
  ...engineMutants,
  ...slotMutants,
  ...ownershipMutants,
  ...recoveryMutants,
  ...readingMutants,
  ...checkpointMutants,
  ...levelMutants,
  ...backupMutants,
  ...replicaMutants,
  ...portMutants,
  ...monitorMutants,
  ...threadMutants,
  ...exampleMutants,
  ...sessionJournalMutants,
  ...streamsMutants,
];
