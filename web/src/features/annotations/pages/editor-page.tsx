import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { buttonClass } from "@/ui/button";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Editor } from "../components/editor";
import { useImageData } from "../hooks/use-image-data";
import { useWorkplace } from "../hooks/use-workplace";
import { parseEditorSearch } from "../search";

/** An image of a dataset in the editor. The page stays from image to image, and with it the tool, the class and the zoom. */
export function EditorPage() {
  const { name = "", imageId = "" } = useParams({ strict: false });
  const given = useSearch({ strict: false });
  const search = useMemo(() => parseEditorSearch(given), [given]);
  const workplace = useWorkplace();
  const { data, isLoading, isBeingRead, problem, retry } = useImageData(name, imageId, workplace);
  if (problem !== null && isLoading) {
    return (
      <Notice title="This image cannot be opened" name={name}>
        <ProblemNote problem={problem} onRetry={retry} />
      </Notice>
    );
  }
  if (isBeingRead && isLoading) {
    return (
      <Notice title="This image is still being read" name={name}>
        <p className="text-muted" role="status">
          The server looks at the file it has just been sent. It opens here by itself.
        </p>
      </Notice>
    );
  }
  if (data === null) return <EditorSkeleton />;
  return <Editor {...data} search={search} workplace={workplace} isLoading={isLoading} />;
}

function Notice({ title, name, children }: { title: string; name: string; children: React.ReactNode }) {
  return (
    <main className="mx-auto flex w-full max-w-2xl flex-col gap-3 px-6 pt-16">
      <h1 className="font-semibold text-xl">{title}</h1>
      {children}
      <div>
        <Link to="/datasets/$name" params={{ name }} className={buttonClass()}>
          To the gallery
        </Link>
      </div>
    </main>
  );
}

function EditorSkeleton() {
  return (
    <div className="flex h-dvh flex-col" role="status" aria-label="Loading the image">
      <div className="flex h-12 shrink-0 items-center gap-3 border-line border-b bg-surface px-3">
        <Skeleton className="h-5 w-48" />
      </div>
      <div className="flex min-h-0 grow">
        <div className="w-12 shrink-0 border-line border-r bg-surface pointer-coarse:w-14" />
        <div className="grow bg-stage" />
        <div className="w-76 shrink-0 border-line border-l bg-surface max-lg:w-72" />
      </div>
      <div className="h-20 shrink-0 border-line border-t bg-surface" />
    </div>
  );
}
