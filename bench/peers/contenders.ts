import type { Contender } from "./contender.ts";
import {
  classicLevel,
  classicLevelGrouped,
} from "./contenders/classic_level.ts";
import { bareGroup, floorAppend, floorOverwrite } from "./contenders/floors.ts";
import { lmdb } from "./contenders/lmdb.ts";
import { redis } from "./contenders/redis.ts";
import { sonicBoom } from "./contenders/sonic_boom.ts";
import {
  betterSqlite3,
  betterSqlite3Grouped,
  nodeSqlite,
} from "./contenders/sqlite.ts";
import { synclines } from "./contenders/syncline.ts";

/** All contenders, in the order of the tables; the first one is the floor. */
export const contenders: readonly Contender[] = [
  floorOverwrite,
  floorAppend,
  bareGroup,
  ...synclines,
  lmdb,
  classicLevel,
  classicLevelGrouped,
  betterSqlite3,
  betterSqlite3Grouped,
  nodeSqlite,
  sonicBoom,
  redis,
];
