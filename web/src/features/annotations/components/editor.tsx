/** The editor: one image, its tools and panels. */

import { useEffect, useState } from "react";
import { type EditorProps, useEditor } from "../hooks/use-editor";
import { applyClass } from "../hooks/use-editor-actions";
import { openEditings } from "../hooks/use-leaving";
import { KeysDialog } from "../keys/keys-dialog";
import { listOf } from "../search";
import { ConflictOverlay } from "./conflict-overlay";
import { EditorPanel } from "./editor-panel";
import { NeighborStrip } from "./neighbor-strip";
import { SaveState } from "./save-state";
import { SimilarSelected } from "./similar-selected";
import { Stage } from "./stage";
import { StageOverlays } from "./stage-overlays";
import { StatusControl } from "./status-control";
import { ToolRail } from "./tool-rail";
import { TopBar } from "./top-bar";

export function Editor(props: EditorProps) {
  const { dataset, image, editing, workplace } = props;
  const editor = useEditor(props);
  const { context, view, steps, work, viewed, colors, isReadOnly, mayEdit, run, keyFor } = editor;
  const { neighbors } = steps;
  const { conflict } = editor.saver;
  const [highlighted, setHighlighted] = useState<string | null>(null);
  const [isConflictOpen, setConflictOpen] = useState(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new conflict shows itself
  useEffect(() => setConflictOpen(true), [conflict]);
  const others = openEditings(workplace.queryClient).filter((each) => each !== editing && !each.saver.isDone);

  return (
    <div className="flex h-dvh flex-col bg-canvas">
      <TopBar
        datasetName={dataset.name}
        list={listOf(props.search)}
        filename={image.filename}
        folder={image.virtual_folder_path ?? null}
        position={
          neighbors && neighbors.index !== null ? { index: neighbors.index, total: neighbors.total } : null
        }
        isReview={editor.isReview}
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
            state={editor.saver}
            others={others.length}
            onRetry={() => editing.saver.retry()}
            onShowConflict={() => setConflictOpen(true)}
          />
        }
        status={
          <StatusControl
            status={editor.saver.wish?.status ?? image.status}
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
          onFindSimilar={() => editor.setOverlay("similar")}
          run={run}
          keyFor={keyFor}
        />
        <main className="flex min-w-0 grow">
          <Stage
            image={image}
            scene={viewed.scene ?? editor.history.scene}
            view={view}
            className={editor.className}
            colors={colors}
            isReadOnly={isReadOnly}
            isLoading={props.isLoading}
            preview={editor.preview}
            highlighted={highlighted}
            canvas={editor.canvas}
            wordsOf={editor.wordsOf}
            onCommand={context.commit}
            onPrompt={editor.ask}
          >
            <StageOverlays editor={editor} />
          </Stage>
        </main>
        {view.settings.isPanelOpen && (
          <EditorPanel
            context={context}
            image={image}
            work={work}
            people={editor.people}
            viewed={viewed}
            colors={colors}
            classInput={editor.inputs.classes}
            tagInput={editor.inputs.tags}
            wordsOf={(annotation) => editor.wordsOf(annotation, false)}
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
        {editor.announced}
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
      {editor.overlay === "keys" && (
        <KeysDialog settings={view.keys} onChange={view.setKeys} onClose={() => editor.setOverlay(null)} />
      )}
      {editor.overlay === "similar" && (
        <SimilarSelected
          context={context}
          datasetName={dataset.name}
          onClose={() => editor.setOverlay(null)}
        />
      )}
    </div>
  );
}
