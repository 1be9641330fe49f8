import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { AnnotationCanvasHandle } from "@/canvas/annotation-canvas";
import { datasetQuery } from "@/features/datasets/api";
import { useMay, useSession } from "@/features/session/use-session";
import { classColors } from "@/lib/class-colors";
import { readStored, writeStored } from "@/lib/storage";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import type { ReviewItem } from "../api";
import { ImagePanel } from "../components/image-panel";
import { KeysDialog } from "../components/keys-dialog";
import { NothingLeft } from "../components/nothing-left";
import { QueueStrip } from "../components/queue-strip";
import { ReviewBar } from "../components/review-bar";
import { Stage } from "../components/stage";
import { VerdictBar } from "../components/verdict-bar";
import { useReviewKeys } from "../hooks/use-review-keys";
import { type ReviewQueueControl, useReviewQueue } from "../hooks/use-review-queue";
import { storedQuery, useAnnotationsBefore, useBefore, useLoadedAhead } from "../hooks/use-shown";
import { type ReviewSearch, reviewSearch } from "../search";

/** Images that wait for a person, one after the other: accept, fix or reject, each with one key. */
export function ReviewPage() {
  const { name = "" } = useParams({ strict: false });
  const { search, setSearch } = useKeptSearch(name);
  const mayReview = useMay("member");
  const me = useSession().account.id;
  const queue = useReviewQueue(name, search, mayReview);
  const { items } = queue.state;
  const [item] = items;
  useEffect(() => {
    document.title = `Review of ${name} - Pictograph`;
  }, [name]);
  useLoadedAhead(items);
  const [showsKeys, setShowsKeys] = useState(false);
  useReviewKeys({ keys: () => setShowsKeys(true) });
  return (
    <div className="flex h-dvh flex-col">
      <ReviewBar
        name={name}
        search={search}
        me={me}
        mayReview={mayReview}
        onSearch={setSearch}
        onKeys={() => setShowsKeys(true)}
      />
      <KeysDialog isOpen={showsKeys} onClose={() => setShowsKeys(false)} />
      <main className="flex min-h-0 grow flex-col">
        {queue.problem && (
          <div className="p-3">
            <ProblemNote problem={queue.problem} onRetry={queue.retry} />
          </div>
        )}
        {item ? (
          <Current key={item.image.id} name={name} item={item} me={me} queue={queue} mayReview={mayReview} />
        ) : queue.isLoading ? (
          <Loading />
        ) : (
          !queue.problem && (
            <Ended name={name} search={search} queue={queue} mayReview={mayReview} onSearch={setSearch} />
          )
        )}
        {items.length > 0 && <QueueStrip items={items} order={search.order ?? "least_confident"} me={me} />}
      </main>
    </div>
  );
}

interface CurrentProps {
  name: string;
  item: ReviewItem;
  me: string;
  queue: ReviewQueueControl;
  mayReview: boolean;
}

/** The first image of the queue. Made anew for each, so that a note or a look at before stays with its image. */
function Current({ name, item, me, queue, mayReview }: CurrentProps) {
  const dataset = useQuery(datasetQuery(name));
  const stored = useQuery(storedQuery(item));
  const before = useBefore(item);
  const annotationsBefore = useAnnotationsBefore(item, before);
  const [wantsBefore, setWantsBefore] = useState(false);
  const [highlighted, setHighlighted] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const noteField = useRef<HTMLInputElement>(null);
  const canvas = useRef<AnnotationCanvasHandle>(null);
  const colors = useMemo(() => classColors(dataset.data?.classes), [dataset.data]);
  const isBefore = wantsBefore && Boolean(before) && annotationsBefore.data !== undefined;
  const annotations = (isBefore ? annotationsBefore.data : stored.data?.annotations) ?? [];
  const version = stored.data?.version;
  const isReady = mayReview && version !== undefined;

  const decide = (verdict: "accept" | "reject") => {
    if (isReady) queue.decide(item, verdict, version, note.trim());
  };
  const toggleBefore = useCallback(() => setWantsBefore((is) => !is), []);
  const actions = {
    accept: () => decide("accept"),
    reject: () => decide("reject"),
    fix: () => mayReview && queue.fix(item),
    skip: () => mayReview && queue.skip(item),
    undo: queue.undo,
    before: toggleBefore,
    note: () => noteField.current?.focus(),
    fit: () => canvas.current?.fit(),
  };
  useReviewKeys(actions);

  return (
    <>
      <div className="flex min-h-0 grow">
        <div className="flex min-w-0 grow flex-col">
          {stored.isError && (
            <div className="p-3">
              <ProblemNote problem={stored.error} onRetry={() => void stored.refetch()} />
            </div>
          )}
          <Stage
            item={item}
            annotations={annotations}
            colors={colors}
            isBefore={isBefore}
            highlighted={highlighted}
            canvas={canvas}
          />
        </div>
        <ImagePanel
          item={item}
          me={me}
          annotations={annotations}
          colors={colors}
          before={before}
          isBefore={isBefore}
          onBefore={setWantsBefore}
          onHighlight={setHighlighted}
        />
      </div>
      {mayReview ? (
        <VerdictBar
          isReady={isReady}
          isEdited={before !== null && before !== undefined}
          canUndo={queue.state.done.length > 0}
          isUndoing={queue.isUndoing}
          note={note}
          noteField={noteField}
          onNote={setNote}
          onAccept={actions.accept}
          onFix={actions.fix}
          onReject={actions.reject}
          onSkip={actions.skip}
          onUndo={queue.undo}
        />
      ) : (
        <p className="border-line border-t bg-surface px-3 py-2 text-muted text-sm">
          You may look. Deciding about images needs the role of a member.
        </p>
      )}
    </>
  );
}

interface EndedProps {
  name: string;
  search: ReviewSearch;
  queue: ReviewQueueControl;
  mayReview: boolean;
  onSearch: (search: ReviewSearch) => void;
}

/** Nothing is left; the last verdict can still be taken back. */
function Ended({ name, search, queue, mayReview, onSearch }: EndedProps) {
  useReviewKeys(mayReview ? { undo: queue.undo } : {});
  return (
    <NothingLeft
      name={name}
      search={search}
      skipped={queue.state.skipped.length}
      lastDone={queue.state.done.at(-1)}
      onUndo={queue.undo}
      onSearch={onSearch}
      onAgain={queue.again}
    />
  );
}

function Loading() {
  return (
    <div className="flex min-h-0 grow flex-col" role="status" aria-label="Loading the queue">
      <div className="flex min-h-0 grow">
        <div className="grow bg-stage" />
        <div className="w-72 border-line border-l bg-surface p-3 max-lg:w-60">
          <Skeleton className="h-5 w-40" />
        </div>
      </div>
      <div className="h-14 border-line border-t bg-surface" />
      <div className="h-24 border-line border-t bg-surface" />
    </div>
  );
}

/** The address has it; coming back without it, what was last set for this dataset. */
function useKeptSearch(name: string): { search: ReviewSearch; setSearch: (search: ReviewSearch) => void } {
  const given = useSearch({ strict: false });
  const navigate = useNavigate();
  const [kept] = useState(() => readStored<Record<string, unknown>>(`review.search.${name}`, {}));
  const isBare = Object.keys(reviewSearch(given)).length === 0;
  const [hasChosen, setHasChosen] = useState(!isBare);
  const search = useMemo(
    () => reviewSearch(isBare && !hasChosen ? kept : given),
    [given, kept, isBare, hasChosen],
  );
  const setSearch = useCallback(
    (next: ReviewSearch) => {
      const cleaned = reviewSearch({ ...next });
      setHasChosen(true);
      writeStored(`review.search.${name}`, cleaned);
      void navigate({
        to: "/datasets/$name/review",
        params: { name },
        search: cleaned as never,
        replace: true,
      });
    },
    [navigate, name],
  );
  return { search, setSearch };
}
