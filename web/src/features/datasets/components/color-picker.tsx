/** A colour: one of those that are told apart well, or any. */

import { Check } from "lucide-react";
import { CLASS_PALETTE, textOn } from "@/lib/class-colors";
import { Popover } from "@/ui/popover";

interface ColorPickerProps {
  label: string;
  /** `#rrggbb`. */
  color: string;
  disabled?: boolean;
  onChange: (color: string) => void;
}

export function ColorPicker({ label, color, disabled, onChange }: ColorPickerProps) {
  return (
    <Popover
      trigger={
        <button
          type="button"
          aria-label={`${label}: ${color}`}
          disabled={disabled}
          className="block size-7 rounded-md border border-line-strong/60"
          style={{ backgroundColor: color }}
        />
      }
    >
      <fieldset>
        <legend className="mb-2 font-medium text-sm">{label}</legend>
        <div className="grid grid-cols-6 gap-1.5">
          {CLASS_PALETTE.map((each) => (
            <button
              key={each}
              type="button"
              aria-label={each}
              aria-pressed={each === color}
              onClick={() => onChange(each)}
              className="flex size-7 items-center justify-center rounded-md border border-line-strong/40"
              style={{ backgroundColor: each, color: textOn(each) }}
            >
              {each === color && <Check className="size-4" />}
            </button>
          ))}
        </div>
        <label className="mt-3 flex items-center justify-between gap-3 text-sm">
          Another one
          <input
            type="color"
            // The dialog of the system tells each step; the last one counts.
            defaultValue={color}
            key={color}
            onBlur={(event) => event.target.value !== color && onChange(event.target.value)}
            className="h-7 w-12 rounded border border-line-strong/60 bg-surface"
          />
        </label>
      </fieldset>
    </Popover>
  );
}
