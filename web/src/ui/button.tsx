import type { ComponentProps } from "react";
import { cx } from "@/lib/class-names";
import { Spinner } from "./spinner";

type Variant = "primary" | "secondary" | "ghost" | "danger";
type Size = "sm" | "md" | "lg";

const BASE =
  "inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:cursor-not-allowed aria-disabled:opacity-50";
const VARIANTS: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  secondary: "border border-line bg-surface text-text hover:bg-hover",
  ghost: "text-muted hover:bg-hover hover:text-text",
  danger: "border border-danger bg-surface text-danger hover:bg-danger-soft",
};
const SIZES: Record<Size, string> = { sm: "h-7 px-2.5 text-sm", md: "h-8.5 px-3.5 text-sm", lg: "h-10 px-5" };

/** The classes of a button, for links that look like one. */
export function buttonClass(variant: Variant = "secondary", size: Size = "md"): string {
  return cx(BASE, VARIANTS[variant], SIZES[size]);
}

interface ButtonProps extends ComponentProps<"button"> {
  variant?: Variant;
  size?: Size;
  /** Something it started is under way: it shows so, keeps its width, and cannot be pressed again. */
  isBusy?: boolean;
}

export function Button({
  variant,
  size,
  isBusy = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || isBusy}
      aria-busy={isBusy || undefined}
      className={cx(buttonClass(variant, size), "relative", className)}
    >
      {isBusy && <Spinner className="absolute" />}
      {/* Seen through, not hidden: it is still what the button is called. */}
      <span className={cx("inline-flex items-center gap-1.5", isBusy && "opacity-0")}>{children}</span>
    </button>
  );
}
