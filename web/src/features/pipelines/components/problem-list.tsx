import { Link } from "@tanstack/react-router";
import { plural } from "@/lib/format";

interface ProblemListProps {
  label: string;
  problems: ReadonlyArray<{ key: string; name: string; reason: string; imageId?: string; dataset?: string }>;
  /** How many there are in all; the list names the first. */
  total: number;
}

/** What failed, each with its reason, folded away. */
export function ProblemList({ label, problems, total }: ProblemListProps) {
  if (problems.length === 0) return null;
  return (
    <details className="rounded-md border border-line text-sm">
      <summary className="min-h-9 cursor-pointer px-3 py-2 font-medium text-danger">{label}</summary>
      <ul
        className="max-h-64 divide-y divide-line overflow-y-auto border-line border-t"
        // It scrolls, and has to be reachable by keyboard.
        tabIndex={0}
        aria-label={label}
      >
        {problems.map((problem) => (
          <li key={problem.key} className="px-3 py-1.5">
            {problem.imageId && problem.dataset ? (
              <Link
                to="/datasets/$name/images/$imageId"
                params={{ name: problem.dataset, imageId: problem.imageId }}
                className="block truncate text-accent hover:underline"
                title={problem.name}
              >
                {problem.name}
              </Link>
            ) : (
              <span className="block truncate" title={problem.name}>
                {problem.name}
              </span>
            )}
            <span className="text-muted">{problem.reason}</span>
          </li>
        ))}
        {total > problems.length && (
          <li className="px-3 py-1.5 text-muted">and {plural(total - problems.length, "more", "more")}</li>
        )}
      </ul>
    </details>
  );
}
