import { expect, test } from "vitest";
import { optionsPage } from "./options-page.ts";

test("docs/options.md says what the option table says", async () => {
  await expect(optionsPage()).toMatchFileSnapshot("../../docs/options.md");
});
