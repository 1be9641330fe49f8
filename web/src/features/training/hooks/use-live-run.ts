/** A training run and its epochs, live while it is under way, and what it says. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useLiveQuery } from "@/api/events";
import { JOB_EVENTS, type JobMessage, withMessage } from "@/lib/job-events";
import { epochsQuery, isLive, runEvents, runQuery, type TrainingEpoch, type TrainingRun } from "../api";

const POLL_MS = 3000;

export function useLiveRun(id: string) {
  const client = useQueryClient();
  // Where no stream comes through, it is asked for again and again.
  const isHeardNow = useRef(false);
  const run = useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) =>
      state.data && isLive(state.data) && !isHeardNow.current ? POLL_MS : false,
  });
  const epochs = useQuery({
    ...epochsQuery(id),
    refetchInterval: run.data && isLive(run.data) && !isHeardNow.current ? POLL_MS : false,
  });
  const [messages, setMessages] = useState<readonly JobMessage[]>([]);
  // The stream of a run that has ended tells what it said, once.
  const [isHeard, setIsHeard] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run, another stream
  useEffect(() => {
    setMessages([]);
    setIsHeard(false);
  }, [id]);

  const isStreaming = useLiveQuery(
    runQuery(id).queryKey,
    run.data && !isHeard ? runEvents(id) : null,
    (snapshot) => (snapshot as { training_run: TrainingRun }).training_run,
    {
      onEvent: {
        ...Object.fromEntries(
          JOB_EVENTS.map((kind) => [
            kind,
            (data: unknown) => setMessages((known) => withMessage(known, kind, data)),
          ]),
        ),
        epoch: (data: unknown) =>
          client.setQueryData(epochsQuery(id).queryKey, (known: TrainingEpoch[] | undefined) =>
            withEpoch(known ?? [], data as TrainingEpoch),
          ),
      },
      onEnd: () => {
        setIsHeard(true);
        void client.invalidateQueries({ queryKey: ["training", "list"] });
        void client.invalidateQueries({ queryKey: ["training", "splits", id] });
        void client.invalidateQueries({ queryKey: ["models"] });
      },
    },
  );
  isHeardNow.current = isStreaming;
  const isUnderWay = run.data !== undefined && isLive(run.data);
  return { run, epochs: epochs.data, messages, isStreaming, isUnderWay };
}

/** Epochs come once more when a run goes on after a crash: the newest word counts. */
export function withEpoch(known: readonly TrainingEpoch[], epoch: TrainingEpoch): TrainingEpoch[] {
  if (known.length === 0 || (known.at(-1)?.epoch ?? 0) < epoch.epoch) return [...known, epoch];
  const others = known.filter((each) => each.epoch !== epoch.epoch);
  return [...others, epoch].sort((a, b) => a.epoch - b.epoch);
}
