import { ChevronRight } from "lucide-react";
import { formatCount } from "@/lib/format";
import { Checkbox } from "@/ui/checkbox";

interface ClassFilterProps {
  classes: readonly string[];
  /** Those that are left out. */
  without: ReadonlySet<string>;
  onChange: (without: ReadonlySet<string>) => void;
}

/** Which classes are written; all of them unless somebody opens this. */
export function ClassFilter({ classes, without, onChange }: ClassFilterProps) {
  if (classes.length < 2) return null;
  const kept = classes.filter((name) => !without.has(name)).length;
  return (
    <details className="group text-sm">
      <summary className="flex min-h-6 w-fit cursor-pointer items-center gap-1 rounded font-medium">
        <ChevronRight aria-hidden="true" className="size-3.5 transition-transform group-open:rotate-90" />
        {kept === classes.length
          ? "All classes"
          : `${formatCount(kept)} of ${formatCount(classes.length)} classes`}
      </summary>
      <div className="mt-1 max-h-40 overflow-y-auto rounded-md border border-line-strong/60 px-2.5 py-1.5">
        {classes.map((name) => (
          <Checkbox
            key={name}
            label={<span className="break-words">{name}</span>}
            isChecked={!without.has(name)}
            onChange={(isChecked) => {
              const next = new Set(without);
              if (isChecked) next.delete(name);
              else next.add(name);
              onChange(next);
            }}
          />
        ))}
      </div>
    </details>
  );
}
