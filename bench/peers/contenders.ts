import type { Contender } from "./contender.ts";
import { bareGroup } from "./contenders/bare_group.ts";
import {
  betterSqlite3,
  betterSqlite3Grouped,
} from "./contenders/better_sqlite3.ts";
import {
  classicLevel,
  classicLevelGrouped,
} from "./contenders/classic_level.ts";
import { floorAppend } from "./contenders/floor_append.ts";
import { floorOverwrite } from "./contenders/floor_overwrite.ts";
import { lmdb } from "./contenders/lmdb.ts";
import { nodeSqlite } from "./contenders/node_sqlite.ts";
import { redis } from "./contenders/redis.ts";
import { sonicBoom } from "./contenders/sonic_boom.ts";
import {
  syncline,
  synclineCheckpoints,
  synclineEnqueue,
  synclineEnqueueCheckpoints,
} from "./contenders/syncline.ts";

/** All of them, in the order of the tables; the first is the floor. */
export const contenders: readonly Contender[] = [
  floorOverwrite,
  floorAppend,
  bareGroup,
  syncline,
  synclineCheckpoints,
  synclineEnqueue,
  synclineEnqueueCheckpoints,
  lmdb,
  classicLevel,
  classicLevelGrouped,
  betterSqlite3,
  betterSqlite3Grouped,
  nodeSqlite,
  sonicBoom,
  redis,
];
