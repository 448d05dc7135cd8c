import { describe, expect, test } from "vitest";
import { slipPattern } from "../../src/settings/slip.ts";

const pattern = slipPattern("max-vars", ["max-vars", "max-fd", "max-var", "ma-xvars"]);

describe.each(["", "u"])("with the flags %j", (flags) => {
  const slip = new RegExp(pattern, flags);

  test.each(["max_vars", "mx-vars", "maxx-vars", "max-varss", "xmax-vars", "max-vasr", "may_vars"])(
    "%s is a slip",
    (name) => expect(slip.test(name)).toBe(true),
  );

  test.each([
    ["max-vars", "the name"],
    ["max-var", "another name"],
    ["ma-xvars", "another name"],
    ["max-vars2", "a name with a number"],
    ["my-var", "three letters away"],
    ["", "nothing"],
    ["max-vars-of-mine", "longer"],
  ])("%s is none: %s", (name) => expect(slip.test(name)).toBe(false));
});
