/** What the canvas does with keys and pointer by itself: shown with the others, not to be changed. */

export interface FixedKey {
  group: "By keyboard" | "With the pointer";
  /** As people read them. */
  keys: string;
  words: string;
  /** As `comboOf` says them; none for what needs the pointer. */
  combos?: readonly string[];
}

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const arrows = (...held: string[]) => held.flatMap((each) => ARROWS.map((arrow) => each + arrow));

export const FIXED: readonly FixedKey[] = [
  {
    group: "By keyboard",
    keys: "← → ↑ ↓",
    words: "Move what is selected, or its marked corner, by a pixel; with Shift by ten",
    combos: arrows("", "Shift+"),
  },
  {
    group: "By keyboard",
    keys: "Alt+← → ↑ ↓",
    words: "Resize the selected boxes by a pixel; with Shift by ten",
    combos: arrows("Alt+"),
  },
  {
    group: "By keyboard",
    keys: "Space",
    words: "With a drawing tool: show a pointer for the arrow keys; then click with it",
    combos: ["Space"],
  },
  {
    group: "By keyboard",
    keys: "← → ↑ ↓",
    words: "Lead that pointer; with Shift in big steps, with Alt in small ones",
    combos: arrows("", "Shift+", "Alt+"),
  },
  { group: "By keyboard", keys: "Enter", words: "Finish the polygon or line", combos: ["Enter"] },
  {
    group: "By keyboard",
    keys: "Backspace, Ctrl+Z",
    words: "While drawing or clicking: one point back",
    combos: ["Backspace", "Ctrl+Z"],
  },
  {
    group: "By keyboard",
    keys: "Delete, Backspace",
    words: "Delete the marked corner",
    combos: ["Delete", "Backspace"],
  },
  { group: "By keyboard", keys: "F6", words: "From the image to the panels and back", combos: ["F6"] },
  { group: "With the pointer", keys: "Wheel", words: "Zoom at the pointer; on a trackpad, pinch" },
  { group: "With the pointer", keys: "Shift+wheel", words: "Move the image sideways" },
  { group: "With the pointer", keys: "Alt+wheel", words: "Move the image up and down" },
  {
    group: "With the pointer",
    keys: "Space and drag",
    words: "Move the image; also with the middle button or two fingers",
  },
  {
    group: "With the pointer",
    keys: "Drag",
    words: "Select: all that the frame touches. Polygon, polyline: freehand",
  },
  { group: "With the pointer", keys: "Shift or Ctrl and click", words: "Select one more, or one less" },
  { group: "With the pointer", keys: "Alt and click", words: "Select what lies beneath" },
  { group: "With the pointer", keys: "Shift and drag", words: "Move or reshape level or upright only" },
  { group: "With the pointer", keys: "Shift, drawing a box", words: "A square" },
  { group: "With the pointer", keys: "Alt, drawing a box", words: "Out of its middle" },
  {
    group: "With the pointer",
    keys: "Double click",
    words: "Finish the polygon or line; on an edge: a new corner",
  },
  { group: "With the pointer", keys: "Alt and click a corner", words: "Remove it" },
  { group: "With the pointer", keys: "Alt, drawing a polygon", words: "A hole in the polygon around" },
  { group: "With the pointer", keys: "Alt or right click", words: "Smart click: not this" },
];
