import { cx } from "@/lib/class-names";
import { Skeleton } from "@/ui/skeleton";
import type { ExportFormatInfo } from "../api";
import { contentWords } from "../words";

interface FormatChoiceProps {
  /** Undefined while they are on their way. */
  formats: readonly ExportFormatInfo[] | undefined;
  value: string;
  onChange: (format: string) => void;
}

/** The formats with what each can hold, and what it cannot. */
export function FormatChoice({ formats, value, onChange }: FormatChoiceProps) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 font-medium text-sm">Format</legend>
      {!formats && <Skeleton className="h-80 w-full" />}
      {formats && (
        <div className="h-80 divide-y divide-line overflow-y-auto rounded-md border border-line-strong/60">
          {formats.map((format) => (
            <label
              key={format.name}
              className={cx(
                "flex cursor-pointer items-start gap-2.5 px-3 py-2 text-sm hover:bg-hover",
                format.name === value && "bg-accent-soft",
              )}
            >
              <input
                type="radio"
                name="format"
                value={format.name}
                checked={format.name === value}
                onChange={() => onChange(format.name)}
                className="mt-1 size-3.5 shrink-0 accent-accent"
              />
              <span className="min-w-0">
                <span className="font-medium">{format.name}</span>
                <span className="block text-xs">{format.title}</span>
                <span className="block text-muted text-xs">
                  {format.loses.length === 0
                    ? `Holds everything: ${contentWords(format.holds)}`
                    : `Holds ${contentWords(format.holds)}; not ${contentWords(format.loses)}`}
                </span>
              </span>
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}
