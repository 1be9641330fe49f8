import { useMemo, useState } from "react";
import { AnnotatedThumbnail } from "@/canvas/annotated-thumbnail";
import type { Annotation, Shape } from "@/canvas/scene";
import type { ClassColors } from "@/lib/class-colors";
import { plural } from "@/lib/format";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Segmented } from "@/ui/segmented";
import type { Conflict } from "../saving/image-saver";
import {
  type Change,
  type Difference,
  differences,
  merge,
  type Side,
  suggestions,
  takeAll,
} from "./differences";

interface ConflictViewProps {
  conflict: Conflict;
  mine: readonly Annotation[];
  image: { url: string; width: number | null | undefined; height: number | null | undefined };
  colors: ClassColors;
  /** Who saved theirs, in words. */
  theirName: string;
  onSettle: (annotations: readonly Annotation[]) => void;
  /** Look at it later: nothing is saved until it is settled, and nothing is lost. */
  onClose: () => void;
}

/** Two people changed one image: both side by side, and a choice for everything that differs. */
export function ConflictView(props: ConflictViewProps) {
  const { conflict, mine, image, colors, theirName } = props;
  const theirs = conflict.theirs.annotations;
  const found = useMemo(() => differences(conflict.base, theirs, mine), [conflict.base, theirs, mine]);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Side>>(new Map());
  const [pointedAt, setPointedAt] = useState<string | null>(null);
  const picks = useMemo(() => new Map([...suggestions(found), ...chosen]), [found, chosen]);
  const result = useMemo(() => merge(theirs, mine, found, picks), [theirs, mine, found, picks]);
  const clashes = found.filter((each) => each.isClash).length;
  const only = (annotations: readonly Annotation[]) =>
    pointedAt === null ? annotations : annotations.filter((each) => each.id === pointedAt);

  return (
    <Dialog
      isOpen
      onClose={props.onClose}
      size="xl"
      title={`${theirName} saved this image while you changed it`}
      description={`Nothing is lost: theirs is version ${conflict.theirs.version} and stays in the history, yours is kept on this device until you choose. ${plural(found.length, "annotation differs", "annotations differ")}${clashes > 0 ? `, ${clashes} of them changed by both` : ""}.`}
      actions={
        <>
          <Button onClick={() => props.onSettle(merge(theirs, mine, found, takeAll(found, "theirs")))}>
            Take all of theirs
          </Button>
          <Button onClick={() => props.onSettle(merge(theirs, mine, found, takeAll(found, "mine")))}>
            Take all of mine
          </Button>
          <Button variant="primary" onClick={() => props.onSettle(result)}>
            Save what is chosen
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-2 gap-3">
        <SideView
          name="Theirs"
          image={image}
          annotations={only(theirs)}
          count={theirs.length}
          colors={colors}
        />
        <SideView name="Mine" image={image} annotations={only(mine)} count={mine.length} colors={colors} />
      </div>
      <ul className="mt-3 max-h-[32vh] overflow-y-auto" aria-label="What differs">
        {found.map((each) => (
          <li
            key={each.id}
            onPointerEnter={() => setPointedAt(each.id)}
            onPointerLeave={() => setPointedAt(null)}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-3 border-line border-t py-2 first:border-t-0"
          >
            <div className="min-w-0">
              <p className="flex items-center gap-2 text-sm">
                <span
                  aria-hidden="true"
                  className="size-3 shrink-0 rounded-sm"
                  style={{ backgroundColor: colors(nameOf(each)) }}
                />
                <span className="truncate" title={nameOf(each)}>
                  {nameOf(each)}
                </span>
              </p>
              <p className="flex flex-wrap items-center gap-2 pl-5 text-muted text-xs">
                {differenceWords(each)}
                {each.isClash && <Badge tone="warn">changed by both</Badge>}
              </p>
            </div>
            <Segmented
              label={`${nameOf(each)}: which one to keep`}
              value={picks.get(each.id) ?? each.suggestion}
              onChange={(side: Side) => setChosen(new Map([...chosen, [each.id, side]]))}
              options={[
                { value: "theirs", label: choiceWords(each.theirs, "theirs") },
                { value: "mine", label: choiceWords(each.mine, "mine") },
              ]}
            />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

interface SideViewProps {
  name: string;
  image: ConflictViewProps["image"];
  annotations: readonly Shape[];
  count: number;
  colors: ClassColors;
}

function SideView({ name, image, annotations, count, colors }: SideViewProps) {
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 text-sm">
        <span className="font-medium">{name}</span>{" "}
        <span className="text-muted">{plural(count, "annotation")}</span>
      </figcaption>
      <AnnotatedThumbnail
        src={image.url}
        alt={`The image with ${name.toLowerCase()} annotations`}
        width={image.width}
        height={image.height}
        annotations={annotations}
        colors={colors}
        fit="contain"
        loading="eager"
        className="aspect-video w-full rounded-md bg-stage"
      />
    </figure>
  );
}

function nameOf(difference: Difference): string {
  return difference.mine?.name ?? difference.theirs?.name ?? difference.base?.name ?? "";
}

const CHANGES: Record<Change, string> = {
  same: "left as it was",
  added: "added",
  changed: "changed",
  deleted: "deleted",
};

function differenceWords({ theirChange, myChange }: Difference): string {
  if (myChange === "same") return `they ${CHANGES[theirChange]} it`;
  if (theirChange === "same") return `you ${CHANGES[myChange]} it`;
  return `they ${CHANGES[theirChange]} it, you ${CHANGES[myChange]} it`;
}

function choiceWords(annotation: Annotation | null, side: Side): string {
  if (annotation === null) return side === "theirs" ? "Without, as theirs" : "Without, as mine";
  return side === "theirs" ? "Theirs" : "Mine";
}
