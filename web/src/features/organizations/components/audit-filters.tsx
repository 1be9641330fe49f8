import { X } from "lucide-react";
import { SelectField, TextField } from "@/ui/field";
import { actionsByNoun } from "../audit-words";
import type { AuditSearch } from "../search";

interface AuditFiltersProps {
  search: AuditSearch;
  onChange: (change: AuditSearch) => void;
}

const ACTIONS = [
  { value: "", label: "Everything" },
  ...[...actionsByNoun()].flatMap(([noun, actions]) => [
    { value: noun, label: `All of ${noun.replaceAll("_", " ")}` },
    ...(actions.length > 1
      ? actions.map((action) => ({ value: action, label: `\u2003${words(action)}` }))
      : []),
  ]),
];

/** What of the log is shown; actor and subject are chosen by their names in it. */
export function AuditFilters({ search, onChange }: AuditFiltersProps) {
  return (
    <div className="mb-3 flex flex-wrap items-end gap-3">
      <SelectField
        label="What was done"
        className="w-60"
        value={search.action ?? ""}
        onChange={(action) => onChange({ action: action || undefined })}
        options={ACTIONS}
      />
      <TextField
        label="From"
        type="date"
        max={search.to}
        value={search.from ?? ""}
        onChange={(event) => onChange({ from: event.target.value || undefined })}
      />
      <TextField
        label="To"
        type="date"
        min={search.from}
        value={search.to ?? ""}
        onChange={(event) => onChange({ to: event.target.value || undefined })}
      />
      {search.actor && (
        <Chosen
          label={`By ${search.actorName ?? search.actor}`}
          onClear={() => onChange({ actor: undefined, actorName: undefined })}
        />
      )}
      {search.subject && (
        <Chosen
          label={`To ${search.subjectName ?? search.subject}`}
          onClear={() => onChange({ subject: undefined, subjectName: undefined })}
        />
      )}
    </div>
  );
}

function Chosen({ label, onClear }: { label: string; onClear: () => void }) {
  return (
    <button
      type="button"
      onClick={onClear}
      aria-label={`${label}: show others too`}
      className="flex h-8.5 max-w-64 items-center gap-1.5 rounded-md bg-accent-soft px-2.5 text-accent text-sm"
    >
      <span className="truncate">{label}</span>
      <X aria-hidden="true" className="size-3.5 shrink-0" />
    </button>
  );
}

function words(action: string): string {
  return action.replace(".", ", ").replaceAll("_", " ");
}
