/** Everything a key can do in the editor, and which keys do it. */

export type ActionId =
  | "next-image"
  | "previous-image"
  | "accept-next"
  | "mark-review"
  | "save-now"
  | "tool-select"
  | "tool-box"
  | "tool-polygon"
  | "tool-polyline"
  | "tool-keypoint"
  | "tool-tag"
  | "tool-smart-points"
  | "tool-smart-box"
  | "tool-text"
  | "repeat-tool"
  | "pick-class"
  | `class-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`
  | "undo"
  | "redo"
  | "delete"
  | "copy-previous"
  | "duplicate"
  | "select-all"
  | "next-annotation"
  | "previous-annotation"
  | "hide"
  | "hide-all"
  | "lock"
  | "accept-preview"
  | "cancel"
  | "zoom-in"
  | "zoom-out"
  | "zoom-fit"
  | "zoom-actual"
  | "zoom-selection"
  | "toggle-panel"
  | "toggle-history"
  | "review-approve"
  | "review-reject"
  | "show-keys";

export type PresetId = "standard" | "fd";

export interface KeyAction {
  id: ActionId;
  group: "Images" | "Tools" | "Classes" | "Annotations" | "View" | "Review";
  words: string;
  keys: readonly string[];
  /** In review the reviewer's keys come on top of all others. */
  isReviewOnly?: boolean;
  /** Also while a text field has the focus: it is no text. */
  worksInFields?: boolean;
}

const CLASS_ACTIONS = ([1, 2, 3, 4, 5, 6, 7, 8, 9] as const).map(
  (number): KeyAction => ({
    id: `class-${number}`,
    group: "Classes",
    words: `Class ${number}; with Select, of what is selected`,
    keys: [String(number)],
  }),
);

export const ACTIONS: readonly KeyAction[] = [
  { id: "next-image", group: "Images", words: "Next image", keys: ["D", "ArrowRight"] },
  { id: "previous-image", group: "Images", words: "Previous image", keys: ["A", "ArrowLeft"] },
  {
    id: "accept-next",
    group: "Images",
    words: "Mark complete, and on to the next",
    keys: ["Ctrl+Enter"],
    worksInFields: true,
  },
  { id: "mark-review", group: "Images", words: "Mark for review", keys: ["Ctrl+Shift+Enter"] },
  { id: "save-now", group: "Images", words: "Save now", keys: ["Ctrl+S"], worksInFields: true },
  { id: "tool-select", group: "Tools", words: "Select and move", keys: ["V"] },
  { id: "tool-box", group: "Tools", words: "Box", keys: ["B"] },
  { id: "tool-polygon", group: "Tools", words: "Polygon", keys: ["P"] },
  { id: "tool-polyline", group: "Tools", words: "Polyline", keys: ["M"] },
  { id: "tool-keypoint", group: "Tools", words: "Keypoint", keys: ["K"] },
  { id: "tool-tag", group: "Tools", words: "Tags of the image", keys: ["G"] },
  { id: "tool-smart-points", group: "Tools", words: "Smart click: an object under points", keys: ["S"] },
  { id: "tool-smart-box", group: "Tools", words: "Smart box: the object in a box", keys: ["W"] },
  { id: "tool-text", group: "Tools", words: "Find by words", keys: ["T"] },
  { id: "repeat-tool", group: "Tools", words: "Draw again with the last tool", keys: ["N"] },
  { id: "accept-preview", group: "Tools", words: "Take what the model proposes", keys: ["Enter"] },
  { id: "cancel", group: "Tools", words: "Cancel, then select nothing", keys: ["Escape"] },
  { id: "pick-class", group: "Classes", words: "Type a class's name", keys: ["C", "/"] },
  ...CLASS_ACTIONS,
  { id: "undo", group: "Annotations", words: "Undo", keys: ["Ctrl+Z"] },
  { id: "redo", group: "Annotations", words: "Redo", keys: ["Ctrl+Shift+Z", "Ctrl+Y"] },
  { id: "delete", group: "Annotations", words: "Delete what is selected", keys: ["Delete", "Backspace"] },
  { id: "copy-previous", group: "Annotations", words: "Copy the previous image's annotations", keys: ["R"] },
  { id: "duplicate", group: "Annotations", words: "Duplicate what is selected", keys: ["Ctrl+D"] },
  { id: "select-all", group: "Annotations", words: "Select all", keys: ["Ctrl+A"] },
  { id: "next-annotation", group: "Annotations", words: "Next annotation", keys: ["Tab"] },
  { id: "previous-annotation", group: "Annotations", words: "Previous annotation", keys: ["Shift+Tab"] },
  { id: "hide", group: "Annotations", words: "Hide or show what is selected", keys: ["H"] },
  { id: "lock", group: "Annotations", words: "Lock or unlock what is selected", keys: ["L"] },
  { id: "hide-all", group: "View", words: "Hide or show all annotations", keys: ["Shift+H"] },
  { id: "zoom-in", group: "View", words: "Zoom in", keys: ["+", "="] },
  { id: "zoom-out", group: "View", words: "Zoom out", keys: ["-"] },
  { id: "zoom-fit", group: "View", words: "Fit the image", keys: ["0"] },
  { id: "zoom-actual", group: "View", words: "Actual size", keys: ["Shift+0", ")"] },
  { id: "zoom-selection", group: "View", words: "Zoom to what is selected", keys: ["Z"] },
  { id: "toggle-panel", group: "View", words: "Show or hide the side panel", keys: ["\\"] },
  { id: "toggle-history", group: "View", words: "Show or hide the history", keys: ["J"] },
  {
    id: "review-approve",
    group: "Review",
    words: "Approve, and on with the queue",
    keys: ["Y"],
    isReviewOnly: true,
  },
  {
    id: "review-reject",
    group: "Review",
    words: "Reject, and on with the queue",
    keys: ["X"],
    isReviewOnly: true,
  },
  { id: "show-keys", group: "View", words: "Show all keys", keys: ["?", "F1"] },
];

/** What another preset has in place of the standard keys. */
const FD: Partial<Record<ActionId, readonly string[]>> = {
  "next-image": ["F", "ArrowRight"],
  "previous-image": ["D", "ArrowLeft"],
};

export const PRESETS: Record<
  PresetId,
  { words: string; keys: Partial<Record<ActionId, readonly string[]>> }
> = {
  standard: { words: "D next, A previous", keys: {} },
  fd: { words: "F next, D previous", keys: FD },
};
