import { Link } from "@tanstack/react-router";
import type { ListSearch } from "@/features/images/search";
import { formatCount } from "@/lib/format";
import { Stat } from "@/ui/page";

interface ImageFigureProps {
  label: string;
  value: number;
  dataset: string;
  /** What of the gallery the number counts; without it, it leads nowhere. */
  search?: ListSearch;
  hint?: string;
}

/** A number that leads to the images behind it. */
export function ImageFigure({ label, value, dataset, search, hint }: ImageFigureProps) {
  const shown = formatCount(value);
  if (!search || value === 0) return <Stat label={label} value={shown} hint={hint} />;
  return (
    <Stat
      label={label}
      hint={hint}
      value={
        <Link
          to="/datasets/$name"
          params={{ name: dataset }}
          search={search}
          aria-label={`${label}: ${shown}, show these images`}
          className="inline-block min-h-6 text-accent underline decoration-accent/40 underline-offset-4 hover:decoration-accent"
        >
          {shown}
        </Link>
      }
    />
  );
}
