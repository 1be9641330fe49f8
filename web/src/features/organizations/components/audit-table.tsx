import { Bot, SquareTerminal, UserRound } from "lucide-react";
import { formatDateTime } from "@/lib/format";
import { Table, Td, Th, Tr } from "@/ui/table";
import type { AuditEntry } from "../api";
import { sentenceOf } from "../audit-words";

interface AuditTableProps {
  entries: readonly AuditEntry[];
  onActor: (id: string, name: string) => void;
  onSubject: (id: string, name: string) => void;
}

const KINDS: Record<string, { icon: typeof Bot; label: string }> = {
  key: { icon: Bot, label: "with an API key" },
  person: { icon: UserRound, label: "in the web app" },
  operator: { icon: SquareTerminal, label: "on the server's machine" },
};
const NAME_BUTTON =
  "inline min-h-6 max-w-full rounded text-left font-medium underline decoration-line-strong/60 decoration-dotted underline-offset-2 [overflow-wrap:anywhere] hover:text-accent";

export function AuditTable({ entries, onActor, onSubject }: AuditTableProps) {
  return (
    <Table label="Audit log">
      <thead>
        <tr>
          <Th className="w-44">When</Th>
          <Th>Who did what</Th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => {
          const sentence = sentenceOf(entry);
          const kind = KINDS[entry.actor_kind] ?? { icon: UserRound, label: entry.actor_kind };
          const Icon = kind.icon;
          return (
            <Tr key={entry.id}>
              <Td className="whitespace-nowrap pt-2 align-top text-muted leading-6">
                <time dateTime={entry.created_at}>{formatDateTime(entry.created_at)}</time>
              </Td>
              <Td>
                <p className="flex items-start gap-2">
                  <Icon aria-label={kind.label} role="img" className="mt-1 size-4 shrink-0 text-muted">
                    <title>{kind.label}</title>
                  </Icon>
                  <span className="min-w-0 leading-6">
                    <button
                      type="button"
                      className={NAME_BUTTON}
                      title="Show only what they did"
                      onClick={() => onActor(entry.actor_id, entry.actor_name)}
                    >
                      {entry.actor_name || "Somebody"}
                    </button>{" "}
                    {sentence.before}
                    {sentence.subject && (
                      <button
                        type="button"
                        className={NAME_BUTTON}
                        title="Show only what was done to it"
                        onClick={() => onSubject(entry.subject_id, sentence.subject)}
                      >
                        {sentence.subject}
                      </button>
                    )}
                    {sentence.after}
                    {sentence.rest.length > 0 && (
                      <span className="block text-muted text-xs [overflow-wrap:anywhere]">
                        {sentence.rest.map(([label, value]) => `${label}: ${value}`).join(" · ")}
                      </span>
                    )}
                  </span>
                </p>
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}
