/** Reviewers as a table, with what they decided day by day as small bars. */

import { formatCount, formatDate, plural } from "@/lib/format";
import { Table, Td, Th, Tr } from "@/ui/table";
import type { ReviewerProgress, ReviewProgress } from "../api";

export function ProgressTable({ progress }: { progress: ReviewProgress }) {
  if (progress.people.length === 0) {
    return (
      <p className="text-muted text-sm">
        Nobody has decided about an image yet, and none is given to anybody. Everybody takes from the same
        queue.
      </p>
    );
  }
  return (
    <Table label="Progress of each person">
      <thead>
        <tr>
          <Th>Person</Th>
          <Th isNumber>Waiting</Th>
          <Th isNumber>Accepted</Th>
          <Th isNumber>Fixed</Th>
          <Th isNumber>Rejected</Th>
          <Th>Last 30 days</Th>
        </tr>
      </thead>
      <tbody>
        {progress.people.map((person) => (
          <Tr key={person.reviewer_id}>
            <Td className="max-w-48">
              <span className="block truncate" title={person.reviewer_name}>
                {person.reviewer_name}
              </span>
            </Td>
            <Td isNumber>{formatCount(person.assigned)}</Td>
            <Td isNumber>{formatCount(person.accepted)}</Td>
            <Td isNumber>{formatCount(person.fixed)}</Td>
            <Td isNumber>{formatCount(person.rejected)}</Td>
            <Td>
              <Days person={person} />
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}

/** A bar for each of the last thirty days; what it says is in words for those who do not see it. */
function Days({ person }: { person: ReviewerProgress }) {
  const days = lastDays(person, new Date());
  const most = Math.max(1, ...days.map((each) => each.count));
  const total = days.reduce((sum, each) => sum + each.count, 0);
  return (
    <svg
      role="img"
      aria-label={`${plural(total, "verdict")} in 30 days`}
      viewBox="0 0 120 24"
      className="h-6 w-30 text-accent"
    >
      {days.map(({ day, count }, index) => (
        <rect
          key={day}
          x={index * 4}
          y={24 - Math.max(1, (count / most) * 24)}
          width={3}
          height={Math.max(1, (count / most) * 24)}
          className={count > 0 ? "fill-current" : "fill-line-strong"}
        >
          <title>{`${formatDate(day)}: ${count}`}</title>
        </rect>
      ))}
    </svg>
  );
}

export function lastDays(person: ReviewerProgress, now: Date): Array<{ day: string; count: number }> {
  const counts = new Map(
    (person.days ?? []).map((each) => [each.day, each.accepted + each.fixed + each.rejected] as const),
  );
  return Array.from({ length: 30 }, (_, index) => {
    const date = new Date(now.getTime() - (29 - index) * 86_400_000);
    const day = date.toISOString().slice(0, 10);
    return { day, count: counts.get(day) ?? 0 };
  });
}
