/** Asks the annotator what a person points at, boxes or names; the latest question wins. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef } from "react";
import { ApiProblem } from "@/api/client";
import { newId } from "@/canvas/scene";
import { ask, promptPriceQuery } from "../api";
import { type AskProblem, type AskState, NOT_ASKING, type Question, reduceAsking } from "../prompts/asking";

// A second click follows the first within this time: one question for both.
const SETTLE_MS = 150;
const BUSY_RETRY_MS = 2000;

export interface Asking {
  state: AskState;
  ask: (question: Question) => void;
  /** The same question again, by another threshold or after a failure. */
  again: () => void;
  clear: () => void;
}

export function useAsking(datasetName: string, imageId: string, threshold: number): Asking {
  const queryClient = useQueryClient();
  const [state, dispatch] = useReducer(reduceAsking, NOT_ASKING);
  const running = useRef<AbortController | null>(null);
  const latest = useRef({ threshold, number: 0, question: null as Question | null });
  latest.current.threshold = threshold;

  const start = useCallback(
    (question: Question) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      latest.current.number += 1;
      latest.current.question = question;
      const { number } = latest.current;
      dispatch({ type: "asked", question, at: Date.now() });
      void (async () => {
        await pause(SETTLE_MS, controller.signal);
        while (!controller.signal.aborted) {
          try {
            // Another key each time: under the same one the server answers what it answered before.
            const target = { datasetName, imageId, threshold: latest.current.threshold, key: newId() };
            const answer = await ask(question, target, controller.signal);
            dispatch({ type: "answered", number, answer });
            void queryClient.invalidateQueries({ queryKey: promptPriceQuery.queryKey });
            return;
          } catch (error) {
            if (controller.signal.aborted) return;
            const problem = problemOf(error);
            dispatch({ type: "failed", number, problem });
            if (!problem.isBusy) return;
            await pause(BUSY_RETRY_MS, controller.signal);
          }
        }
      })();
    },
    [datasetName, imageId, queryClient],
  );

  const clear = useCallback(() => {
    running.current?.abort();
    running.current = null;
    latest.current.number += 1;
    latest.current.question = null;
    dispatch({ type: "cleared" });
  }, []);

  const again = useCallback(() => {
    const { question } = latest.current;
    // With the threshold as it is now.
    if (question)
      start(question.kind === "text" ? { ...question, threshold: latest.current.threshold } : question);
  }, [start]);

  // Another image: what was asked was about this one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the image is what it waits for
  useEffect(() => clear, [imageId, clear]);

  return { state, ask: start, again, clear };
}

function problemOf(error: unknown): AskProblem {
  if (!(error instanceof ApiProblem)) return { message: String(error), fix: null, isBusy: false };
  return { message: error.message, fix: error.fix, isBusy: error.code === "annotator_busy" };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
