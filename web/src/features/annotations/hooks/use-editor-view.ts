/** What one person has chosen in the editor: tool, class, what is selected and shown. None of it is the image's. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { NOTHING_SELECTED, type Selection, type Visibility } from "@/canvas/scene";
import { DEFAULT_OPTIONS, type ToolOptions } from "@/canvas/tools/tool";
import { useStored } from "@/lib/storage";
import { checkedSettings, type KeySettings } from "../keys/key-map";
import type { EditorTool } from "../tools";
import { checkedView, type ViewSettings } from "../view-settings";

export type PanelTab = "annotate" | "image" | "history" | "view";

export interface EditorView {
  settings: ViewSettings;
  setSettings: (change: Partial<ViewSettings>) => void;
  keys: KeySettings;
  setKeys: (keys: KeySettings) => void;
  tool: EditorTool;
  /** The tool that was drawn with last: what «again» means. */
  lastTool: EditorTool;
  setTool: (tool: EditorTool) => void;
  options: ToolOptions;
  setOptions: (options: ToolOptions) => void;
  className: string;
  setClassName: (name: string) => void;
  selection: Selection;
  select: (selection: Selection) => void;
  visibility: Visibility;
  toggleHidden: (ids: Iterable<string>) => void;
  toggleLocked: (ids: Iterable<string>) => void;
  toggleClass: (name: string) => void;
  tab: PanelTab;
  setTab: (tab: PanelTab) => void;
}

/** The tool and the class stay from image to image; what is selected, hidden or locked does not. */
export function useEditorView(datasetName: string, imageId: string, accountId: string): EditorView {
  const [storedSettings, storeSettings] = useStored<unknown>("editor.view", null);
  const [storedKeys, storeKeys] = useStored<unknown>(`editor.keys.${accountId}`, null);
  const [storedClass, setClassName] = useStored(`editor.class.${datasetName}`, "");
  const [tool, chooseTool] = useState<EditorTool>("select");
  const [lastTool, setLastTool] = useState<EditorTool>("box");
  const [options, setOptions] = useState(DEFAULT_OPTIONS);
  const [selection, select] = useState<Selection>(NOTHING_SELECTED);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [locked, setLocked] = useState<ReadonlySet<string>>(new Set());
  const [hiddenClasses, setHiddenClasses] = useState<ReadonlySet<string>>(new Set());
  const [tab, setTab] = useState<PanelTab>("annotate");
  const settings = useMemo(() => checkedView(storedSettings), [storedSettings]);
  const keys = useMemo(() => checkedSettings(storedKeys), [storedKeys]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another image is what it waits for
  useEffect(() => {
    select(NOTHING_SELECTED);
    setHidden(new Set());
    setLocked(new Set());
  }, [imageId]);

  const visibility = useMemo(
    (): Visibility => ({
      hidden,
      locked,
      hiddenClasses,
      threshold: settings.threshold,
      belowThreshold: settings.belowThreshold,
    }),
    [hidden, locked, hiddenClasses, settings.threshold, settings.belowThreshold],
  );
  const setTool = useCallback((next: EditorTool) => {
    chooseTool(next);
    if (next !== "select" && next !== "tag") setLastTool(next);
    if (next === "tag") setTab("image");
    setOptions(DEFAULT_OPTIONS);
  }, []);

  return {
    settings,
    setSettings: (change) => storeSettings({ ...settings, ...change }),
    keys,
    setKeys: storeKeys,
    tool,
    lastTool,
    setTool,
    options,
    setOptions,
    className: storedClass,
    setClassName,
    selection,
    select,
    visibility,
    toggleHidden: (ids) => setHidden((now) => toggled(now, ids)),
    toggleLocked: (ids) => setLocked((now) => toggled(now, ids)),
    toggleClass: (name) => setHiddenClasses((now) => toggled(now, [name])),
    tab,
    setTab,
  };
}

/** Take all of them out if all are in, else put all in. */
function toggled(now: ReadonlySet<string>, names: Iterable<string>): ReadonlySet<string> {
  const wanted = [...names];
  const next = new Set(now);
  const takesOut = wanted.every((each) => now.has(each));
  for (const each of wanted) {
    if (takesOut) next.delete(each);
    else next.add(each);
  }
  return next;
}
