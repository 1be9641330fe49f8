import { Slider as Radix } from "radix-ui";
import { cx } from "@/lib/class-names";

interface SliderProps {
  label: string;
  /** One number for a single thumb, two for a range. */
  value: readonly number[];
  onChange: (value: number[]) => void;
  onCommit?: (value: number[]) => void;
  min?: number;
  max?: number;
  step?: number;
  disabled?: boolean;
  className?: string;
}

export function Slider({
  label,
  value,
  onChange,
  onCommit,
  min = 0,
  max = 1,
  step = 0.01,
  disabled,
  className,
}: SliderProps) {
  return (
    <Radix.Root
      value={[...value]}
      onValueChange={onChange}
      onValueCommit={onCommit}
      min={min}
      max={max}
      step={step}
      disabled={disabled}
      className={cx("relative flex h-6 w-full touch-none select-none items-center", className)}
    >
      <Radix.Track className="relative h-1 grow rounded-full bg-line-strong/50">
        <Radix.Range className="absolute h-full rounded-full bg-accent" />
      </Radix.Track>
      {value.map((_, index) => (
        <Radix.Thumb
          // biome-ignore lint/suspicious/noArrayIndexKey: a thumb is its place
          key={index}
          aria-label={value.length > 1 ? `${label}, ${index === 0 ? "from" : "to"}` : label}
          className="block size-4 rounded-full border-2 border-accent bg-surface shadow-sm"
        />
      ))}
    </Radix.Root>
  );
}
