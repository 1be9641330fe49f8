import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Scene } from "@/canvas/scene";
import { versionQuery } from "../api";

export interface ViewedVersion {
  /** The older version that is looked at; null while editing. */
  version: number | null;
  /** Its annotations, or null where what is there now is to be shown. */
  scene: Scene | null;
  showsNow: boolean;
  setShowsNow: (showsNow: boolean) => void;
  look: (version: number | null) => void;
}

/** An older version on the canvas in place of what is there now. */
export function useViewedVersion(imageId: string): ViewedVersion {
  const [version, setVersion] = useState<number | null>(null);
  const [showsNow, setShowsNow] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another image is what it waits for
  useEffect(() => setVersion(null), [imageId]);
  const { data } = useQuery({ ...versionQuery(imageId, version ?? 0), enabled: version !== null });
  const scene = useMemo(
    () => (version !== null && data && !showsNow ? { annotations: data } : null),
    [version, data, showsNow],
  );
  return {
    version,
    scene,
    showsNow,
    setShowsNow,
    look: (next) => {
      setVersion(next);
      setShowsNow(false);
    },
  };
}
