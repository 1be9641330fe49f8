import { selectedAnnotations } from "@/canvas/scene";
import { boundsOf } from "@/canvas/shape";
import type { EditorContext } from "../hooks/use-editor-actions";
import { SimilarDialog } from "./similar-dialog";

interface SimilarSelectedProps {
  context: EditorContext;
  datasetName: string;
  onClose: () => void;
}

/** «Find more like this» for what is selected: its boxes are the examples. */
export function SimilarSelected({ context, datasetName, onClose }: SimilarSelectedProps) {
  const chosen = selectedAnnotations(context.editing.scene, context.view.selection);
  const boxes = chosen.map(boundsOf).filter((each) => each.w > 0 && each.h > 0);
  return (
    <SimilarDialog
      datasetName={datasetName}
      imageId={context.editing.imageId}
      boxes={boxes}
      className={chosen[0]?.name ?? context.className}
      onClose={onClose}
    />
  );
}
