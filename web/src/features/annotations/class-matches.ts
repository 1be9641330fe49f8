/** Return the classes that what was typed may mean: those that begin so first, then a word of theirs, then any part. */
export function classMatches(classes: readonly string[], typed: string): string[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return [...classes];
  const rank = (name: string): number => {
    const lower = name.toLowerCase();
    if (lower === wanted) return 0;
    if (lower.startsWith(wanted)) return 1;
    if (lower.split(/[\s_\-./]+/).some((word) => word.startsWith(wanted))) return 2;
    return lower.includes(wanted) ? 3 : 4;
  };
  return classes
    .map((name) => ({ name, rank: rank(name) }))
    .filter((each) => each.rank < 4)
    .sort((one, other) => one.rank - other.rank)
    .map((each) => each.name);
}
