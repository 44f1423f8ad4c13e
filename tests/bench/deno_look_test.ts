import { contenders } from "../../bench/peers/contenders.ts";
import { scalesFor } from "../../bench/peers/look.ts";
import { test } from "../kit/register.ts";

test("scalesFor() knows how each contender looks", () => {
  scalesFor(contenders.map(({ name }) => name));
});
