/** Tables that scroll sideways when they must, with a head that stays. */

import type { ComponentProps, ReactNode } from "react";
import { cx } from "@/lib/class-names";

export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    // A region that scrolls has to be reachable by keyboard.
    <section
      aria-label={label}
      tabIndex={0}
      className="overflow-x-auto rounded-lg border border-line bg-surface"
    >
      <table className="w-full border-collapse text-sm">{children}</table>
    </section>
  );
}

export function Th({ className, isNumber, ...rest }: ComponentProps<"th"> & { isNumber?: boolean }) {
  return (
    <th
      scope="col"
      {...rest}
      className={cx(
        "h-9 whitespace-nowrap border-line border-b bg-sunken/60 px-2 font-medium text-muted text-xs lg:px-3 max-lg:first:pl-3 max-lg:last:pr-3",
        isNumber ? "text-right" : "text-left",
        className,
      )}
    />
  );
}

export function Td({ className, isNumber, ...rest }: ComponentProps<"td"> & { isNumber?: boolean }) {
  return (
    <td
      {...rest}
      className={cx(
        "h-11 border-line border-b px-2 py-1.5 lg:px-3 max-lg:first:pl-3 max-lg:last:pr-3",
        isNumber && "whitespace-nowrap text-right tabular-nums",
        className,
      )}
    />
  );
}

export function Tr({ className, ...rest }: ComponentProps<"tr">) {
  return <tr {...rest} className={cx("last:[&>td]:border-b-0 hover:bg-hover/50", className)} />;
}
