/** Form fields: a label, the control, and what is wrong with it or worth knowing. */

import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "@/lib/class-names";

export const CONTROL =
  "w-full rounded-md border border-line-strong bg-surface px-2.5 text-sm text-text placeholder:text-faint hover:border-muted disabled:opacity-60 aria-invalid:border-danger";

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  problem?: string | null;
  /** Show the label to screen readers only. */
  isLabelHidden?: boolean;
  className?: string;
  /** Given the ids to wire: `id` for the control, `describedBy` for its `aria-describedby`. */
  children: (ids: { id: string; describedBy: string | undefined; isInvalid: boolean }) => ReactNode;
}

export function Field({ label, hint, problem, isLabelHidden, className, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = problem ?? hint;
  return (
    <div className={cx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className={isLabelHidden ? "sr-only" : "font-medium text-sm"}>
        {label}
      </label>
      {children({ id, describedBy: note ? noteId : undefined, isInvalid: Boolean(problem) })}
      {note && (
        <p id={noteId} className={cx("text-xs", problem ? "text-danger" : "text-muted")}>
          {note}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Omit<FieldProps, "children"> & Omit<ComponentProps<"input">, "className">;

export function TextField({ label, hint, problem, isLabelHidden, className, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} problem={problem} isLabelHidden={isLabelHidden} className={className}>
      {({ id, describedBy, isInvalid }) => (
        <input
          id={id}
          aria-describedby={describedBy}
          aria-invalid={isInvalid || undefined}
          className={cx(CONTROL, "h-8.5")}
          {...input}
        />
      )}
    </Field>
  );
}

type TextAreaFieldProps = Omit<FieldProps, "children"> & Omit<ComponentProps<"textarea">, "className">;

export function TextAreaField({
  label,
  hint,
  problem,
  isLabelHidden,
  className,
  ...input
}: TextAreaFieldProps) {
  return (
    <Field label={label} hint={hint} problem={problem} isLabelHidden={isLabelHidden} className={className}>
      {({ id, describedBy, isInvalid }) => (
        <textarea
          id={id}
          aria-describedby={describedBy}
          aria-invalid={isInvalid || undefined}
          className={cx(CONTROL, "min-h-20 py-2")}
          {...input}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
  isDisabled?: boolean;
}

type SelectFieldProps = Omit<FieldProps, "children"> & {
  value: string;
  onChange: (value: string) => void;
  options: readonly Option[];
  disabled?: boolean;
  name?: string;
};

export function SelectField({ label, hint, problem, isLabelHidden, className, ...select }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} problem={problem} isLabelHidden={isLabelHidden} className={className}>
      {({ id, describedBy }) => <Select id={id} aria-describedby={describedBy} {...select} />}
    </Field>
  );
}

interface SelectProps {
  id?: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly Option[];
  disabled?: boolean;
  name?: string;
  className?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
}

/** The browser's own list: it works with every keyboard, screen reader and finger. */
export function Select({ onChange, options, className, ...rest }: SelectProps) {
  return (
    <select
      {...rest}
      onChange={(event) => onChange(event.target.value)}
      className={cx(CONTROL, "h-8.5 pr-7", className)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value} disabled={option.isDisabled}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
