import { type RefObject, useMemo } from "react";
import { removeAnnotations } from "@/canvas/commands";
import { type Annotation, isBelowThreshold } from "@/canvas/scene";
import { boundsOf } from "@/canvas/shape";
import type { ClassColors } from "@/lib/class-colors";
import type { ImageAnswer } from "../api";
import type { EditorContext } from "../hooks/use-editor-actions";
import type { ImageWork } from "../hooks/use-image-work";
import type { ViewedVersion } from "../hooks/use-viewed-version";
import type { People } from "../provenance";
import { AnnotationList } from "./annotation-list";
import { ClassPanel } from "./class-panel";
import { HistoryPanel } from "./history-panel";
import { ImagePanel } from "./image-panel";
import { SidePanel } from "./side-panel";
import { ViewPanel } from "./view-panel";

interface EditorPanelProps {
  context: EditorContext;
  image: ImageAnswer;
  work: ImageWork;
  people: People;
  viewed: ViewedVersion;
  colors: ClassColors;
  classInput: RefObject<HTMLInputElement | null>;
  tagInput: RefObject<HTMLInputElement | null>;
  wordsOf: (annotation: Annotation) => string;
  onHighlight: (id: string | null) => void;
  onPickClass: (name: string) => void;
}

/** The side panel with the open image's classes, annotations, tags, history and looks. */
export function EditorPanel(props: EditorPanelProps) {
  const { context, image, work, viewed, colors } = props;
  const { editing, view, canvas, isReadOnly, commit } = context;
  const annotations = (viewed.scene ?? editing.scene).annotations;
  const counts = useMemo(() => {
    const found = new Map<string, number>();
    for (const { name } of annotations) found.set(name, (found.get(name) ?? 0) + 1);
    return found;
  }, [annotations]);
  const below = annotations.filter((each) => isBelowThreshold(each, view.visibility)).length;

  return (
    <SidePanel tab={view.tab} onTab={view.setTab}>
      {view.tab === "annotate" && (
        <>
          <ClassPanel
            classes={context.classes}
            counts={counts}
            colors={colors}
            current={context.className}
            hidden={view.visibility.hiddenClasses}
            isReadOnly={isReadOnly}
            input={props.classInput}
            onPick={props.onPickClass}
            onHide={view.toggleClass}
            onDone={() => canvas.current?.focus()}
          />
          <AnnotationList
            annotations={annotations}
            selection={view.selection}
            visibility={view.visibility}
            colors={colors}
            isReadOnly={isReadOnly}
            wordsOf={props.wordsOf}
            onSelect={(id, adds) => view.select(adds ? toggled(view.selection, id) : new Set([id]))}
            onZoomTo={(annotation) => canvas.current?.zoomToBox(boundsOf(annotation))}
            onHighlight={props.onHighlight}
            onHide={(id) => view.toggleHidden([id])}
            onLock={(id) => view.toggleLocked([id])}
            onDelete={(id) => commit(removeAnnotations(editing.scene, new Set([id])))}
            empty={
              isReadOnly
                ? "Nothing is marked on this image."
                : "Nothing is marked yet. Choose a class, then draw: B is a box, P a polygon, S finds the outline under a click."
            }
          />
        </>
      )}
      {view.tab === "image" && (
        <ImagePanel
          image={image}
          tags={work.tags}
          known={context.classes}
          isReadOnly={isReadOnly}
          input={props.tagInput}
          onTags={work.setTags}
        />
      )}
      {view.tab === "history" && (
        <HistoryPanel
          imageId={image.id}
          people={props.people}
          viewing={viewed.version}
          isReadOnly={isReadOnly && viewed.version === null}
          isRestoring={work.isRestoring}
          onView={viewed.look}
          onRestore={(version) => void work.restore(version).then(() => viewed.look(null))}
        />
      )}
      {view.tab === "view" && <ViewPanel view={view.settings} below={below} onChange={view.setSettings} />}
    </SidePanel>
  );
}

function toggled(selection: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selection);
  if (!next.delete(id)) next.add(id);
  return next;
}
