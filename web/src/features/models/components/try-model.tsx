/** Ask a model about an image: one that is dropped, or one of a dataset. What it says is drawn, and nothing is stored. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ImageUp } from "lucide-react";
import { type DragEvent, useEffect, useMemo, useRef, useState } from "react";
import type { DatasetAnswer } from "@/api/schema";
import { useMay } from "@/features/session/use-session";
import { cx } from "@/lib/class-names";
import { Button } from "@/ui/button";
import { Card } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Spinner } from "@/ui/spinner";
import { type Asked, classNamesOf, type Model, modelColors, predict } from "../api";
import { modelSearch } from "../search";
import { DatasetImages } from "./dataset-images";
import { PredictionView } from "./prediction-view";

/** Everything at least this sure is fetched once; the slider then works without asking again. */
const FLOOR = 0.05;

interface TryModelProps {
  model: Model;
  /** The one that it learned from, while that is there. */
  dataset: DatasetAnswer | null | undefined;
}

export function TryModel({ model, dataset }: TryModelProps) {
  const search = modelSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const mayAsk = useMay("member");
  const colors = useMemo(() => modelColors(classNamesOf(model), dataset), [model, dataset]);
  const [file, setFile] = useState<File | null>(null);
  const address = useObjectUrl(file);
  const asked: Asked | null = file ? { file } : search.image ? { imageId: search.image } : null;
  const answer = useQuery({
    queryKey: ["models", "prediction", model.id, file ? fileKey(file) : search.image],
    enabled: asked !== null && mayAsk,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: ({ signal }) => (asked ? predict(model.id, asked, { confidence: FLOOR, signal }) : null),
  });
  const src = file ? address : search.image ? `/api/v1/developer/images/${search.image}` : null;

  function choose(image: string | undefined) {
    setFile(null);
    void navigate({ to: ".", search: { ...search, image }, replace: true });
  }

  function take(files: FileList | null) {
    const first = files?.[0];
    if (!first) return;
    setFile(first);
    if (search.image) void navigate({ to: ".", search: { ...search, image: undefined }, replace: true });
  }

  if (!mayAsk) {
    return (
      <Card className="text-muted text-sm">
        Your role here is Viewer. Members may ask a model about images; ask an admin of the organisation.
      </Card>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <DropPlace isSmall={asked !== null} onFiles={take} />
      {answer.isError && <ProblemNote problem={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.isFetching && !answer.data && (
        <Card className="flex h-40 items-center justify-center gap-2 text-muted text-sm">
          <Spinner /> <span role="status">The model looks at the image. The first answer takes longest.</span>
        </Card>
      )}
      {answer.data && src && <PredictionView key={src} prediction={answer.data} src={src} colors={colors} />}
      <DatasetImages
        datasetName={search.dataset ?? dataset?.name}
        chosen={file ? null : (search.image ?? null)}
        onDataset={(dataset) => void navigate({ to: ".", search: { ...search, dataset }, replace: true })}
        onChoose={choose}
      />
    </div>
  );
}

function DropPlace({ isSmall, onFiles }: { isSmall: boolean; onFiles: (files: FileList | null) => void }) {
  const [isOver, setIsOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  function drop(event: DragEvent) {
    event.preventDefault();
    setIsOver(false);
    onFiles(event.dataTransfer.files);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
      className={cx(
        "flex flex-wrap items-center justify-center gap-3 rounded-lg border-2 border-dashed bg-surface px-4 text-sm transition-colors",
        isSmall ? "py-3" : "py-10",
        isOver ? "border-accent bg-accent-soft" : "border-line",
      )}
    >
      <ImageUp aria-hidden="true" className="size-5 text-muted" />
      <span className="text-muted">Drop an image here, or</span>
      <Button onClick={() => input.current?.click()}>Choose a file</Button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        aria-label="Image to try the model on"
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => {
          onFiles(event.target.files);
          event.target.value = "";
        }}
      />
    </div>
  );
}

function useObjectUrl(file: File | null): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return setAddress(null);
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return address;
}

const fileKey = (file: File) => `${file.name}/${file.size}/${file.lastModified}`;
