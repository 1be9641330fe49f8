import type { EditorParts } from "../hooks/use-editor";
import { takePreview } from "../hooks/use-editor-actions";
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
  return (
    <>
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
