/** What leaves with a member, and what stays. */
export function RemovalWords() {
  return (
    <ul className="flex list-disc flex-col gap-1 pl-4">
      <li>They see nothing of this organization from their next click on.</li>
      <li>API keys that they made are switched off, and their open invites are taken back.</li>
      <li>Everything else that they made stays, with their name beside it: annotations, datasets, models.</li>
      <li>Their account stays theirs; they can be invited again.</li>
    </ul>
  );
}
