/** Everything the editor's parts share: the open image, what somebody chose, the question to the model, the actions. */

import { type RefObject, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { AnnotationCanvasHandle } from "@/canvas/annotation-canvas";
import { type Annotation, type Command, isMachineMade } from "@/canvas/scene";
import type { Prompt } from "@/canvas/tools/tool";
import { useMay, useSession } from "@/features/session/use-session";
import { classColors } from "@/lib/class-colors";
import type { ActionId } from "../keys/actions";
import { comboWords } from "../keys/combo";
import { keysOf } from "../keys/key-map";
import { askedWith, proposed } from "../prompts/asking";
import { provenanceWords } from "../provenance";
import type { Workplace } from "../saving/open-editing";
import type { EditorSearch } from "../search";
import { useAsking } from "./use-asking";
import { type EditorContext, useEditorActions } from "./use-editor-actions";
import { useEditorView } from "./use-editor-view";
import { useFreshness } from "./use-freshness";
import type { ImageData } from "./use-image-data";
import { useImageSteps } from "./use-image-steps";
import { useImageWork } from "./use-image-work";
import { useKeys } from "./use-keys";
import { useLeaving } from "./use-leaving";
import { useLeftovers } from "./use-leftovers";
import { useNewClasses } from "./use-new-classes";
import { usePeople } from "./use-people";
import { useViewedVersion } from "./use-viewed-version";

export interface EditorProps extends ImageData {
  search: EditorSearch;
  workplace: Workplace;
  /** Another image is on its way. */
  isLoading: boolean;
}

export type EditorParts = ReturnType<typeof useEditor>;

const NO_CLASSES: NonNullable<ImageData["dataset"]["classes"]> = [];

export function useEditor({ dataset, image, editing, search, workplace, isLoading }: EditorProps) {
  const { account } = useSession();
  const mayEdit = useMay("member");
  const isReview = search.review === 1;
  const state = useSyncExternalStore(editing.subscribe, editing.getState);
  const { history, saver, provenance } = state;
  const view = useEditorView(dataset.name, image.id, account.id);
  const steps = useImageSteps(dataset.name, image.id, search, workplace);
  const work = useImageWork({ datasetName: dataset.name, image, editing, steps, isReview, workplace });
  const people = usePeople(workplace.me);
  const viewed = useViewedVersion(image.id);
  const [overlay, setOverlay] = useState<"keys" | "similar" | null>(null);
  const [announced, announce] = useState("");
  const canvas = useRef<AnnotationCanvasHandle>(null);
  const inputs = {
    classes: useRef<HTMLInputElement>(null),
    phrase: useRef<HTMLInputElement>(null),
    tags: useRef<HTMLInputElement>(null),
  };
  useFreshness(editing, workplace.tabs);
  useLeaving(editing, workplace.queryClient);
  useLeftovers(workplace, image.id, mayEdit);
  useNewClasses(dataset, history.scene, saver.save.savedAt, workplace.queryClient);

  const isReadOnly = !mayEdit || viewed.version !== null || isLoading;
  const datasetClasses = dataset.classes ?? NO_CLASSES;
  const colors = useMemo(() => classColors(datasetClasses), [datasetClasses]);
  const className = view.className || datasetClasses[0]?.name || "object";
  const classes = useMemo(() => {
    const known = datasetClasses.map((each) => each.name);
    return [...new Set([...known, ...history.scene.annotations.map((each) => each.name), className])];
  }, [datasetClasses, history.scene, className]);

  const threshold = view.tool === "text" ? view.settings.textThreshold : view.settings.promptThreshold;
  const asking = useAsking(dataset.name, image.id, threshold);
  const preview = proposed(asking.state);

  function commit(command: Command) {
    const { answer, question } = asking.state;
    const isTaken = command.changes.some((each) => each.kind === "add" && isMachineMade(each.annotation));
    const asked =
      isTaken && answer && question
        ? { engine: answer.engine, ...askedWith(question, threshold) }
        : undefined;
    editing.commit(command, asked);
  }

  function ask(prompt: Prompt | null) {
    if (prompt === null) asking.clear();
    else if (prompt.kind === "points") asking.ask({ kind: "points", prompt, className });
    else asking.ask({ kind: "box", prompt, className });
  }

  function showPanel(tab: "annotate" | "image", input: RefObject<HTMLInputElement | null>) {
    view.setSettings({ isPanelOpen: true });
    view.setTab(tab);
    requestAnimationFrame(() => input.current?.focus());
  }

  const context: EditorContext = {
    editing,
    view,
    canvas,
    imageSize: image,
    isReadOnly,
    classes,
    className,
    preview,
    commit,
    clearQuestion: () => {
      canvas.current?.cancel();
      asking.clear();
    },
    nextImage: () => void (steps.next() || announce("This is the last image of the list")),
    previousImage: () => void (steps.previous() || announce("This is the first image of the list")),
    finish: work.finish,
    isReview,
    decide: work.decide,
    copyPrevious: () => {
      void work.copyOfPrevious().then((command) => {
        if (command) commit(command);
        announce(command ? command.label : "The previous image has no annotations");
      });
    },
    focusClasses: () => showPanel("annotate", inputs.classes),
    focusTool: (tool) => {
      if (tool === "tag") showPanel("image", inputs.tags);
      else requestAnimationFrame(() => inputs.phrase.current?.select());
    },
    showKeys: () => setOverlay("keys"),
    announce,
  };
  const run = useEditorActions(context);
  useKeys({
    settings: view.keys,
    isReview,
    canvas,
    toPanel: context.focusClasses,
    run: (action) => overlay === null && run(action),
  });
  // Keys work from the first moment on.
  useEffect(() => canvas.current?.focus(), []);

  return {
    ...state,
    context,
    view,
    steps,
    work,
    people,
    viewed,
    overlay,
    setOverlay,
    announced,
    canvas,
    inputs,
    mayEdit,
    isReview,
    isReadOnly,
    colors,
    className,
    threshold,
    asking,
    preview,
    ask,
    run,
    /** The first key of an action, as people read it. */
    keyFor: (action: ActionId) => comboWords(keysOf(view.keys, action)[0] ?? ""),
    /** Who made an annotation; where its confidence stands beside it, without that. */
    wordsOf: (annotation: Annotation, withConfidence = true) =>
      provenanceWords(annotation, provenance[annotation.id], people, new Date(), withConfidence).join(" · "),
  };
}
