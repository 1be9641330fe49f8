/** The editor: one image, its tools and panels, and everything a key can do with them. */

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { AnnotationCanvasHandle } from "@/canvas/annotation-canvas";
import { type Annotation, type Command, isMachineMade } from "@/canvas/scene";
import { useMay, useSession } from "@/features/session/use-session";
import { classColors } from "@/lib/class-colors";
import { useAsking } from "../hooks/use-asking";
import { applyClass, type EditorContext, takePreview, useEditorActions } from "../hooks/use-editor-actions";
import { useEditorView } from "../hooks/use-editor-view";
import { useFreshness } from "../hooks/use-freshness";
import type { ImageData } from "../hooks/use-image-data";
import { useImageSteps } from "../hooks/use-image-steps";
import { useImageWork } from "../hooks/use-image-work";
import { useKeys } from "../hooks/use-keys";
import { openEditings, useLeaving } from "../hooks/use-leaving";
import { useNewClasses } from "../hooks/use-new-classes";
import { usePeople } from "../hooks/use-people";
import { useViewedVersion } from "../hooks/use-viewed-version";
import type { ActionId } from "../keys/actions";
import { comboWords } from "../keys/combo";
import { keysOf } from "../keys/key-map";
import { KeysDialog } from "../keys/keys-dialog";
import { askedWith, proposed } from "../prompts/asking";
import { provenanceWords } from "../provenance";
import type { Workplace } from "../saving/open-editing";
import { isSaved } from "../saving/save-machine";
import { type EditorSearch, listOf } from "../search";
import { asksModel, type EditorTool } from "../tools";
import { AskingBar } from "./asking-bar";
import { ConflictOverlay } from "./conflict-overlay";
import { EditorPanel } from "./editor-panel";
import { NeighborStrip } from "./neighbor-strip";
import { NewsBar } from "./news-bar";
import { SaveState } from "./save-state";
import { SimilarSelected } from "./similar-selected";
import { Stage } from "./stage";
import { StatusControl } from "./status-control";
import { ToolRail } from "./tool-rail";
import { TopBar } from "./top-bar";
import { VersionBar } from "./version-bar";

interface EditorProps extends ImageData {
  search: EditorSearch;
  workplace: Workplace;
  /** Another image is on its way. */
  isLoading: boolean;
}

const NO_CLASSES: NonNullable<ImageData["dataset"]["classes"]> = [];

export function Editor({ dataset, image, editing, search, workplace, isLoading }: EditorProps) {
  const { account } = useSession();
  const mayEdit = useMay("member");
  const isReview = search.review === 1;
  const { history, saver, provenance, news } = useSyncExternalStore(editing.subscribe, editing.getState);
  const view = useEditorView(dataset.name, image.id, account.id);
  const steps = useImageSteps(dataset.name, image.id, search, workplace);
  const work = useImageWork({ datasetName: dataset.name, image, editing, steps, isReview, workplace });
  const people = usePeople(workplace.me);
  const viewed = useViewedVersion(image.id);
  const [overlay, setOverlay] = useState<"keys" | "similar" | null>(null);
  const [isConflictOpen, setConflictOpen] = useState(true);
  const [highlighted, setHighlighted] = useState<string | null>(null);
  const [announced, announce] = useState("");
  const canvas = useRef<AnnotationCanvasHandle>(null);
  const classInput = useRef<HTMLInputElement>(null);
  const phraseInput = useRef<HTMLInputElement>(null);
  const tagInput = useRef<HTMLInputElement>(null);
  useFreshness(editing, workplace.tabs);
  useLeaving(editing, workplace.queryClient);
  useNewClasses(dataset, history.scene, saver.save.savedAt, workplace.queryClient);

  const { conflict } = saver;
  const isReadOnly = !mayEdit || viewed.version !== null || isLoading;
  const scene = viewed.scene ?? history.scene;
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
    focusClasses: () => showPanel("annotate", classInput),
    focusTool: (tool: EditorTool) => {
      if (tool === "tag") showPanel("image", tagInput);
      else requestAnimationFrame(() => phraseInput.current?.select());
    },
    showKeys: () => setOverlay("keys"),
    announce,
  };
  const run = useEditorActions(context);
  const keyFor = (action: ActionId) => comboWords(keysOf(view.keys, action)[0] ?? "");
  useKeys({
    settings: view.keys,
    isReview,
    canvas,
    toPanel: () => showPanel("annotate", classInput),
    run: (action) => overlay === null && run(action),
  });

  function showPanel(tab: "annotate" | "image", input: React.RefObject<HTMLInputElement | null>) {
    view.setSettings({ isPanelOpen: true });
    view.setTab(tab);
    requestAnimationFrame(() => input.current?.focus());
  }

  // Keys work from the first moment on.
  useEffect(() => canvas.current?.focus(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new conflict shows itself
  useEffect(() => setConflictOpen(true), [conflict]);

  const others = openEditings(workplace.queryClient).filter(
    (each) => each !== editing && !isSaved(each.saver.getState().save),
  );
  const wordsOf = (annotation: Annotation, withConfidence: boolean) =>
    provenanceWords(annotation, provenance[annotation.id], people, new Date(), withConfidence).join(" · ");
  const { neighbors } = steps;

  return (
    <div className="flex h-dvh flex-col bg-canvas">
      <TopBar
        datasetName={dataset.name}
        list={listOf(search)}
        filename={image.filename}
        folder={image.virtual_folder_path ?? null}
        position={
          neighbors && neighbors.index !== null ? { index: neighbors.index, total: neighbors.total } : null
        }
        isReview={isReview}
        isReadOnly={!mayEdit}
        canUndo={!isReadOnly && editing.canUndo}
        canRedo={!isReadOnly && editing.canRedo}
        hasPrevious={steps.hasPrevious}
        hasNext={steps.hasNext}
        isPanelOpen={view.settings.isPanelOpen}
        run={run}
        keyFor={keyFor}
        saveState={
          <SaveState
            state={saver}
            others={others.length}
            onRetry={() => editing.saver.retry()}
            onShowConflict={() => setConflictOpen(true)}
          />
        }
        status={
          <StatusControl
            status={image.status}
            isReadOnly={!mayEdit}
            onChange={(status) => work.finish(status, false)}
          />
        }
      />
      <div className="flex min-h-0 grow">
        <ToolRail
          tool={view.tool}
          options={view.options}
          isReadOnly={isReadOnly}
          canFindSimilar={view.selection.size > 0}
          onOptions={view.setOptions}
          onFindSimilar={() => setOverlay("similar")}
          run={run}
          keyFor={keyFor}
        />
        <main className="flex min-w-0 grow">
          <Stage
            image={image}
            scene={scene}
            view={view}
            className={className}
            colors={colors}
            isReadOnly={isReadOnly}
            isLoading={isLoading}
            preview={preview}
            highlighted={highlighted}
            canvas={canvas}
            wordsOf={(annotation) => wordsOf(annotation, true)}
            onCommand={commit}
            onPrompt={(prompt) => {
              if (prompt === null) asking.clear();
              else if (prompt.kind === "points") asking.ask({ kind: "points", prompt, className });
              else asking.ask({ kind: "box", prompt, className });
            }}
          >
            {viewed.version !== null && (
              <VersionBar
                imageId={image.id}
                version={viewed.version}
                now={history.scene.annotations}
                showsNow={viewed.showsNow}
                onShowNow={viewed.setShowsNow}
                onClose={() => viewed.look(null)}
              />
            )}
            {viewed.version === null && news && (
              <NewsBar
                news={news}
                onDiscard={() => editing.discardRecovered()}
                onDismiss={() => editing.dismissNews()}
              />
            )}
            {asksModel(view.tool) && !isReadOnly && (
              <AskingBar
                tool={view.tool}
                state={asking.state}
                className={className}
                threshold={threshold}
                acceptKey={keyFor("accept-preview")}
                input={phraseInput}
                onThreshold={(next) =>
                  view.setSettings(view.tool === "text" ? { textThreshold: next } : { promptThreshold: next })
                }
                onThresholdSet={asking.again}
                onAskText={(phrase) => asking.ask({ kind: "text", phrase, className, threshold })}
                onAccept={() => takePreview(context)}
                onClear={context.clearQuestion}
                onRetry={asking.again}
              />
            )}
          </Stage>
        </main>
        {view.settings.isPanelOpen && (
          <EditorPanel
            context={context}
            image={image}
            work={work}
            people={people}
            viewed={viewed}
            colors={colors}
            classInput={classInput}
            tagInput={tagInput}
            wordsOf={(annotation) => wordsOf(annotation, false)}
            onHighlight={setHighlighted}
            onPickClass={(name) => applyClass(name, context)}
          />
        )}
      </div>
      {view.settings.isStripOpen && (
        <NeighborStrip
          previous={neighbors?.previous ?? []}
          current={image}
          next={neighbors?.next ?? []}
          onOpen={steps.open}
        />
      )}
      <p className="sr-only" role="status">
        {announced}
      </p>
      {conflict && isConflictOpen && (
        <ConflictOverlay
          conflict={conflict}
          editing={editing}
          image={image}
          colors={colors}
          me={workplace.me}
          onClose={() => setConflictOpen(false)}
        />
      )}
      {overlay === "keys" && (
        <KeysDialog
          settings={view.keys}
          isReview={isReview}
          onChange={view.setKeys}
          onClose={() => setOverlay(null)}
        />
      )}
      {overlay === "similar" && (
        <SimilarSelected context={context} datasetName={dataset.name} onClose={() => setOverlay(null)} />
      )}
    </div>
  );
}
