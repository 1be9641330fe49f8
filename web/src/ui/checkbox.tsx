import type { ReactNode } from "react";
import { cx } from "@/lib/class-names";

interface CheckboxProps {
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
  label: ReactNode;
  hint?: ReactNode;
  isLabelHidden?: boolean;
  isMixed?: boolean;
  disabled?: boolean;
}

export function Checkbox({
  isChecked,
  onChange,
  label,
  hint,
  isLabelHidden,
  isMixed,
  disabled,
}: CheckboxProps) {
  return (
    <label
      className={cx(
        "flex min-h-6 gap-2 text-sm",
        isLabelHidden ? "items-center" : "items-start",
        disabled && "opacity-60",
      )}
    >
      <input
        type="checkbox"
        checked={isChecked}
        disabled={disabled}
        ref={(element) => {
          if (element) element.indeterminate = Boolean(isMixed);
        }}
        onChange={(event) => onChange(event.target.checked)}
        className={cx("size-4 shrink-0 accent-accent", !isLabelHidden && "mt-0.5")}
      />
      <span className={isLabelHidden ? "sr-only" : undefined}>
        {label}
        {hint && <span className="block text-muted text-xs">{hint}</span>}
      </span>
    </label>
  );
}
