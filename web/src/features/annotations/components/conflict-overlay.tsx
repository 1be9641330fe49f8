import { useQuery } from "@tanstack/react-query";
import type { ClassColors } from "@/lib/class-colors";
import { historyQuery, type ImageAnswer, imageAddress } from "../api";
import { ConflictView } from "../conflict/conflict-view";
import type { Editing } from "../saving/editing";
import type { Conflict } from "../saving/image-saver";

interface ConflictOverlayProps {
  conflict: Conflict;
  editing: Editing;
  image: ImageAnswer;
  colors: ClassColors;
  me: string;
  onClose: () => void;
}

/** The conflict of the open image, with the name of who saved the other side. */
export function ConflictOverlay({ conflict, editing, image, colors, me, onClose }: ConflictOverlayProps) {
  const { data: versions } = useQuery({ ...historyQuery(image.id), staleTime: 0 });
  const theirs = versions?.find((each) => each.version === conflict.theirs.version);
  const name =
    theirs?.saved_by === me ? "You, in another tab or browser," : (theirs?.saved_by_name ?? "Somebody");
  return (
    <ConflictView
      conflict={conflict}
      mine={editing.scene.annotations}
      image={{ url: imageAddress(image), width: image.width, height: image.height }}
      colors={colors}
      theirName={name}
      onSettle={(annotations) => editing.settle(annotations)}
      onClose={onClose}
    />
  );
}
