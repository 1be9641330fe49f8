/** The queue, and what one does with its first image: a verdict, the last one taken back, passing over, editing. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiProblem } from "@/api/client";
import { notify, notifyProblem } from "@/ui/toast";
import {
  decide,
  holdImage,
  type ReviewItem,
  readQueue,
  releaseAll,
  reviewKeys,
  takeNext,
  undoVerdict,
} from "../api";
import { changed, EMPTY_QUEUE, type QueueChange, type QueueState } from "../queue";
import type { ReviewSearch } from "../search";

/** Images that nobody else gets: the one on the screen, and the next ones, which are loaded ahead. */
const HELD = 3;
const SHOWN = 12;
/** Holds last for ten minutes. */
const RENEW_MS = 4 * 60_000;
const EDIT_MINUTES = 60;
/** Somebody else was faster: the image is not to be shown again. */
const GONE = new Set(["not_in_review", "held_by_other", "image_not_found"]);

export interface ReviewQueueControl {
  state: QueueState;
  isLoading: boolean;
  isUndoing: boolean;
  problem: Error | null;
  retry: () => void;
  decide: (item: ReviewItem, verdict: "accept" | "reject", version: number, note: string) => void;
  undo: () => void;
  skip: (item: ReviewItem) => void;
  fix: (item: ReviewItem) => void;
  /** Begin again with what was passed over. */
  again: () => void;
}

export function useReviewQueue(name: string, search: ReviewSearch, mayReview: boolean): ReviewQueueControl {
  const [state, setState] = useState<QueueState>(() => takeRound(name));
  const [isUndoing, setIsUndoing] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  // What is asked for next depends on what was done a moment ago, before it is drawn.
  const latest = useRef(state);
  const dispatch = useCallback((change: QueueChange) => {
    latest.current = changed(latest.current, change);
    setState(latest.current);
  }, []);
  const [cameFrom] = useState(() => takeEdited(name));
  const edited = useRef(cameFrom);
  const isEditing = useRef(false);

  // Another order or filter is another round: what was on the screen need not be in it.
  const round = JSON.stringify(search);
  const shownRound = useRef(round);
  if (shownRound.current !== round) {
    shownRound.current = round;
    latest.current = { ...EMPTY_QUEUE, done: latest.current.done };
  }

  const query = useQuery({
    queryKey: reviewKeys.queue(name, search),
    queryFn: () => {
      if (!mayReview) return readQueue(name, search, SHOWN);
      const { items, skipped, decided } = latest.current;
      const first = edited.current ?? items[0]?.image.id ?? null;
      edited.current = null;
      const exclude = [...skipped, ...decided].slice(-500);
      return takeNext(name, search, { hold: HELD, limit: SHOWN, exclude, first });
    },
    // What was held then may be somebody else's now.
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchInterval: RENEW_MS,
  });
  const { data, refetch } = query;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round begins empty, until its images are there
  useEffect(() => {
    if (data) dispatch({ kind: "received", items: data.items });
    else setState(latest.current);
  }, [data, round, dispatch]);

  useReleaseOnLeaving(name, mayReview, isEditing);

  const afterChange = useCallback(() => {
    void refetch({ cancelRefetch: true });
    void client.invalidateQueries({ queryKey: reviewKeys.progress(name) });
    void client.invalidateQueries({ queryKey: ["datasets"] });
    void client.invalidateQueries({ queryKey: ["images"] });
  }, [refetch, client, name]);

  const decideOn: ReviewQueueControl["decide"] = (item, verdict, version, note) => {
    const imageId = item.image.id;
    dispatch({ kind: "decided", imageId });
    decide(name, { imageId, verdict, version, note })
      .then((given) => dispatch({ kind: "confirmed", item, verdict: given }))
      .catch(async (error: unknown) => {
        const code = error instanceof ApiProblem ? error.code : "";
        if (code === "stale_annotations") {
          dispatch({ kind: "brought", item: await holdImage(name, imageId, 10).catch(() => item) });
          notify({
            title: `${item.image.filename} was changed meanwhile`,
            detail: "Look at what is there now, then decide again.",
            tone: "info",
          });
          return;
        }
        dispatch({ kind: "refused", item, isGone: GONE.has(code) });
        notifyProblem(`The verdict on ${item.image.filename} was not taken`, error);
      })
      .finally(afterChange);
  };

  function undo() {
    const last = latest.current.done.at(-1);
    if (!last || isUndoing) return;
    setIsUndoing(true);
    undoVerdict(name, last.verdict.id)
      .then(() => dispatch({ kind: "undone", done: last }))
      .catch((error: unknown) => notifyProblem("The last verdict was not taken back", error))
      .finally(() => {
        setIsUndoing(false);
        afterChange();
      });
  }

  function skip(item: ReviewItem) {
    dispatch({ kind: "skipped", imageId: item.image.id });
    void refetch({ cancelRefetch: true });
  }

  function fix(item: ReviewItem) {
    const imageId = item.image.id;
    isEditing.current = true;
    rememberEdited(name, imageId);
    rounds.set(name, latest.current);
    // Nobody else gets it while it is edited; that it is held already is no reason to wait.
    holdImage(name, imageId, EDIT_MINUTES).catch(() => {});
    void navigate({
      to: "/datasets/$name/images/$imageId",
      params: { name, imageId },
      search: { review: 1 } as never,
    });
  }

  function again() {
    dispatch({ kind: "restarted" });
    void refetch({ cancelRefetch: true });
  }

  return {
    state,
    isLoading: query.isPending || (state.items.length === 0 && query.isFetching),
    isUndoing,
    problem: query.error,
    retry: () => void refetch(),
    decide: decideOn,
    undo,
    skip,
    fix,
    again,
  };
}

/** Who leaves lets go of what they hold, unless it is to edit it. */
function useReleaseOnLeaving(name: string, mayReview: boolean, isEditing: { current: boolean }): void {
  useEffect(() => {
    if (!mayReview) return;
    function release() {
      if (!isEditing.current) releaseAll(name).catch(() => {});
    }
    window.addEventListener("pagehide", release);
    return () => {
      window.removeEventListener("pagehide", release);
      release();
    };
  }, [name, mayReview, isEditing]);
}

/** What was passed over and decided before somebody went to the editor: they come back to the same round. */
const rounds = new Map<string, QueueState>();

function takeRound(name: string): QueueState {
  const { skipped, done } = rounds.get(name) ?? EMPTY_QUEUE;
  rounds.delete(name);
  return { ...EMPTY_QUEUE, skipped, done };
}

const EDITED = (name: string) => `pictograph.review.edited.${name}`;

function rememberEdited(name: string, imageId: string): void {
  sessionStorage.setItem(EDITED(name), imageId);
}

/** Return the image that was opened in the editor from here: coming back, it is first. */
function takeEdited(name: string): string | null {
  const imageId = sessionStorage.getItem(EDITED(name));
  sessionStorage.removeItem(EDITED(name));
  return imageId;
}
