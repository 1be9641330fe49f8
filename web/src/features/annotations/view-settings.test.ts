import { expect, test } from "vitest";
import { checkedView, DEFAULT_VIEW, type ViewSettings } from "./view-settings";

test.each([
  [null],
  ["text"],
  [{ brightness: 90, contrast: "much", labels: "some", labelSize: "constructor", isPanelOpen: 1 }],
])("what storage holds is checked: %o", (stored) => expect(checkedView(stored)).toEqual(DEFAULT_VIEW));

test("what was chosen comes back", () => {
  const chosen: ViewSettings = {
    ...DEFAULT_VIEW,
    contrast: 1.5,
    belowThreshold: "hide",
    labels: "none",
    labelSize: "large",
    isStripOpen: false,
  };
  expect(checkedView(JSON.parse(JSON.stringify(chosen)))).toEqual(chosen);
});
