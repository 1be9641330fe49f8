import { useQuery } from "@tanstack/react-query";
import type { Annotation } from "@/canvas/scene";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Segmented } from "@/ui/segmented";
import { historyQuery } from "../api";

interface VersionBarProps {
  imageId: string;
  version: number;
  now: readonly Annotation[];
  /** Show what is there now in place of the version, to compare. */
  showsNow: boolean;
  onShowNow: (showsNow: boolean) => void;
  onClose: () => void;
}

/** Over the image while an older version is looked at: before and after, by one click. */
export function VersionBar({ imageId, version, now, showsNow, onShowNow, onClose }: VersionBarProps) {
  const { data } = useQuery(historyQuery(imageId));
  const found = data?.find((each) => each.version === version);
  return (
    <div className="absolute inset-x-2 top-2 mx-auto flex w-fit items-center gap-3 rounded-lg border border-line bg-surface px-3 py-1.5 text-sm shadow-float">
      <Segmented
        label="Before or after"
        value={showsNow ? "after" : "before"}
        onChange={(side) => onShowNow(side === "after")}
        options={[
          { value: "before", label: `Version ${version}: ${found?.annotation_count ?? "…"}` },
          { value: "after", label: `Now: ${plural(now.length, "annotation")}` },
        ]}
      />
      <Button size="sm" variant="ghost" onClick={onClose}>
        Back to editing
      </Button>
    </div>
  );
}
