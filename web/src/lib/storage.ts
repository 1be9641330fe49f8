/** What this browser remembers for a person: small JSON values under `pictograph.<name>`. */

import { useCallback, useState } from "react";

export function readStored<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(`pictograph.${name}`);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    // Storage can be switched off, and hold what an older version wrote.
    return fallback;
  }
}

export function writeStored(name: string, value: unknown): void {
  try {
    localStorage.setItem(`pictograph.${name}`, JSON.stringify(value));
  } catch {
    // Full or switched off: then it is not remembered.
  }
}

/** Like `useState`, and kept for the next visit. */
export function useStored<T>(name: string, fallback: T): [T, (value: T) => void] {
  const [value, setValue] = useState(() => readStored(name, fallback));
  const set = useCallback(
    (next: T) => {
      setValue(next);
      writeStored(name, next);
    },
    [name],
  );
  return [value, set];
}
