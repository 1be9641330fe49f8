/** What the active layer has to show, from what the page gave and what the tool is at. */
import type { AnnotationCanvasProps } from "./canvas-props";
import type { ScreenPoint, Size } from "./math/point";
import type { Viewport } from "./math/viewport";
import type { ActivePicture } from "./render/active-layer";
import type { Look } from "./render/style";
import {
  type Annotation,
  findAnnotation,
  indexById,
  isVisible,
  type Scene,
  type Selection,
  selectedAnnotations,
  type Visibility,
} from "./scene";
import { type Handle, shapeHandles } from "./shape-handles";
import type { Draft, Tool } from "./tools/tool";

/** Everything that is to be seen now. */
export interface CanvasPicture {
  readonly props: AnnotationCanvasProps;
  readonly viewport: Viewport;
  readonly view: Size;
  readonly visibility: Visibility;
  readonly draft: Draft;
  readonly tool: Tool;
  readonly guidesAt: ScreenPoint | null;
  readonly keyboardPointer: ScreenPoint | null;
}

/** Knows which annotations are drawn as chosen, as the same list while they are the same. */
export class ChosenShapes {
  private ids: Selection = new Set();
  private keys: readonly unknown[] = [];
  private list: readonly Annotation[] = [];

  activePicture(
    { props, draft, tool, ...picture }: CanvasPicture,
    look: Look,
    leftOut: Selection,
    isResting: boolean,
  ): ActivePicture {
    const { scene } = props;
    const chosen = this.listOf(draft.moved?.ids ?? props.selection, scene, picture.visibility);
    // What is being reshaped is shown as it will be, not as it was.
    const selected = draft.moved || leftOut.size === 0 ? chosen : chosen.filter(({ id }) => !leftOut.has(id));
    const highlighted = props.highlighted ? findAnnotation(scene, props.highlighted) : undefined;
    return {
      ...picture,
      draft,
      image: props.image,
      look,
      selected,
      highlighted: highlighted && isVisible(highlighted, picture.visibility) ? highlighted : null,
      preview: props.preview ?? [],
      handles: draft.moved ? [] : handlesOf({ props, draft, tool, ...picture }, selected),
      className: props.className,
      showLabels: (props.labels ?? "selected") !== "none",
      isResting,
    };
  }

  private listOf(ids: Selection, scene: Scene, visibility: Visibility): readonly Annotation[] {
    if (!isSameSet(ids, this.ids)) this.ids = ids;
    const keys = [this.ids, scene.annotations, visibility];
    if (!keys.every((key, index) => key === this.keys[index])) {
      this.keys = keys;
      this.list = selectedAnnotations(scene, this.ids).filter((each) => isVisible(each, visibility));
    }
    return this.list;
  }
}

export function isSameSet(a: Selection, b: Selection): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const id of a) if (!b.has(id)) return false;
  return true;
}

/** Return the ids that the active layer draws instead of the one below; the same set as before while it has the same ids. */
export function leftOutBy(draft: Draft, scene: Scene, before: Selection | undefined): Selection {
  const drawn = (draft.shapes ?? []).flatMap(({ id }) =>
    id !== undefined && indexById(scene).has(id) ? [id] : [],
  );
  const ids = draft.moved && drawn.length === 0 ? draft.moved.ids : new Set(drawn);
  return before && isSameSet(before, ids) ? before : ids;
}

/** The one selected shape has handles, and so has the one that is being reshaped. */
function handlesOf(
  { props, draft, tool, visibility, viewport }: CanvasPicture,
  selected: readonly Annotation[],
): readonly Handle[] {
  if (tool.id !== "select" || props.readOnly) return [];
  const held = draft.shapes?.find(({ id }) => id !== undefined && indexById(props.scene).has(id));
  const only = props.selection.size === 1 ? selected[0] : undefined;
  const shape = held ?? (only && !visibility.locked.has(only.id) ? only : undefined);
  return shape ? shapeHandles(shape, viewport.scale) : [];
}
