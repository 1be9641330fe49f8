/** Keys as text: "Ctrl+Shift+Z", "ArrowLeft", "?", "b". */

/** What of a `KeyboardEvent` counts. */
export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const MODIFIERS = new Set(["Control", "Meta", "Alt", "Shift", "AltGraph", "CapsLock", "Fn"]);
const NAMES: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Delete: "Del",
  " ": "Space",
};

/** Return what was pressed; null for a modifier alone. ⌘ counts as Ctrl, so that one map serves every keyboard. */
export function comboOf(pressed: Pressed): string | null {
  if (MODIFIERS.has(pressed.key)) return null;
  const isLetter = pressed.key.length === 1 && pressed.key.toLowerCase() !== pressed.key.toUpperCase();
  const key = isLetter ? pressed.key.toUpperCase() : pressed.key;
  // Of «?» the Shift is part of the layout, of letters and named keys it is the person's.
  const countsShift = pressed.shiftKey && (isLetter || pressed.key.length > 1 || pressed.key === " ");
  return [
    (pressed.ctrlKey || pressed.metaKey) && "Ctrl",
    pressed.altKey && "Alt",
    countsShift && "Shift",
    key,
  ]
    .filter(Boolean)
    .join("+");
}

/** Return the combo as people read it: "Ctrl+Z", "←", with ⌘ on a Mac. */
export function comboWords(combo: string, isMac = false): string {
  // The key itself may be "+".
  const parts = combo.endsWith("++") ? [...combo.slice(0, -2).split("+"), "+"] : combo.split("+");
  return combo === "+"
    ? "+"
    : parts.map((part) => NAMES[part] ?? (isMac && part === "Ctrl" ? "⌘" : part)).join("+");
}
