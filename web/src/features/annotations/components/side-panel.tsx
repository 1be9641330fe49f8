import { History, Info, SlidersHorizontal, SquareDashed } from "lucide-react";
import type { ReactNode } from "react";
import { Segmented } from "@/ui/segmented";
import type { PanelTab } from "../hooks/use-editor-view";

interface SidePanelProps {
  tab: PanelTab;
  onTab: (tab: PanelTab) => void;
  children: ReactNode;
}

/** The right panel. On a narrow screen it lies over the image. */
export function SidePanel({ tab, onTab, children }: SidePanelProps) {
  return (
    <aside
      aria-label="Panel"
      className="flex w-76 shrink-0 flex-col border-line border-l bg-surface max-lg:w-72"
    >
      <div className="shrink-0 border-line border-b p-2">
        <Segmented
          label="What the panel shows"
          value={tab}
          onChange={onTab}
          options={[
            {
              value: "annotate",
              label: <SquareDashed aria-hidden="true" />,
              title: "Classes and annotations",
            },
            { value: "image", label: <Info aria-hidden="true" />, title: "Image and tags" },
            { value: "history", label: <History aria-hidden="true" />, title: "History" },
            { value: "view", label: <SlidersHorizontal aria-hidden="true" />, title: "How it looks" },
          ]}
        />
      </div>
      {children}
    </aside>
  );
}
