import type { EditorParts } from "../hooks/use-editor";
import { takePreview } from "../hooks/use-editor-actions";
import { saveWords } from "../saving/save-words";
import { asksModel } from "../tools";
import { AskingBar } from "./asking-bar";
import { NewsBar } from "./news-bar";
import { VersionBar } from "./version-bar";

/** What lies over the image: news of it, the version that is looked at, and the question to the model. */
export function StageOverlays({ editor }: { editor: EditorParts }) {
  const { context, view, viewed, asking, news } = editor;
  const { editing } = context;
  if (viewed.version !== null) {
    return (
      <VersionBar
        imageId={editing.imageId}
        version={viewed.version}
        now={editing.scene.annotations}
        showsNow={viewed.showsNow}
        onShowNow={viewed.setShowsNow}
        onClose={() => viewed.look(null)}
      />
    );
  }
  const isText = view.tool === "text";
  const { save } = editor.saver;
  return (
    <>
      {save.problem && (
        // On a narrow screen the top bar has no room for it.
        <p
          aria-hidden="true"
          className="absolute inset-x-2 bottom-2 mx-auto w-fit rounded-md border border-line bg-surface px-3 py-1.5 text-sm text-warn shadow-float lg:hidden"
        >
          {saveWords(save, save.lastChangedAt).text}
        </p>
      )}
      {news && (
        <NewsBar
          news={news}
          onDiscard={() => editing.discardRecovered()}
          onDismiss={() => editing.dismissNews()}
        />
      )}
      {asksModel(view.tool) && !editor.isReadOnly && (
        <AskingBar
          tool={view.tool}
          state={asking.state}
          className={editor.className}
          threshold={editor.threshold}
          acceptKey={editor.keyFor("accept-preview")}
          input={editor.inputs.phrase}
          onThreshold={(next) =>
            view.setSettings(isText ? { textThreshold: next } : { promptThreshold: next })
          }
          onThresholdSet={asking.again}
          onAskText={(phrase) =>
            asking.ask({ kind: "text", phrase, className: editor.className, threshold: editor.threshold })
          }
          onAccept={() => takePreview(context)}
          onClear={context.clearQuestion}
          onRetry={asking.again}
        />
      )}
    </>
  );
}
