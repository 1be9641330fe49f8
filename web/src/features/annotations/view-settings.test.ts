import { expect, test } from "vitest";
import { checkedView, DEFAULT_VIEW } from "./view-settings";

test.each([[null], ["text"], [{ brightness: 90, contrast: "much", labels: "some", isPanelOpen: 1 }]])(
  "what storage holds is checked: %o",
  (stored) => expect(checkedView(stored)).toEqual(DEFAULT_VIEW),
);

test("what was chosen comes back", () => {
  const chosen = { ...DEFAULT_VIEW, contrast: 1.5, belowThreshold: "hide" as const, isStripOpen: false };
  expect(checkedView(JSON.parse(JSON.stringify(chosen)))).toEqual(chosen);
});
