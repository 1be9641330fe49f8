/** A model's files, to be downloaded, and how to use them without this server. */

import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { formatBytes } from "@/lib/format";
import { localPath } from "@/lib/local-path";
import { Button } from "@/ui/button";
import { CodeLine } from "@/ui/code-line";
import { CopyButton } from "@/ui/copy-button";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Table, Td, Th, Tr } from "@/ui/table";
import { notifyProblem } from "@/ui/toast";
import { cardQuery, downloadLink, filesQuery, type Model, type ModelFile } from "../api";

const ABOUT: Record<string, string> = {
  "model.onnx":
    "The network, with its classes, pre- and post-processing inside: all that is needed to use it",
  "model.safetensors": "The weights, to train on with the framework; no code inside",
  "card.json": "The model card for programs",
  "card.md": "The model card for people",
  "evaluation.json": "Every figure of its training's end",
};

export function ModelFiles({ model }: { model: Model }) {
  const files = useQuery(filesQuery(model.id));
  const card = useQuery({ ...cardQuery(model.id), retry: false });
  const onnx = card.data?.files["model.onnx"];
  return (
    <div className="flex flex-col gap-4">
      <Card>
        <CardTitle>Files</CardTitle>
        {files.isError && <ProblemNote problem={files.error} onRetry={() => void files.refetch()} />}
        {files.isPending && <Skeleton className="h-64" />}
        {files.data && (
          <Table label="Files of the model">
            <thead>
              <tr>
                <Th>File</Th>
                <Th isNumber>Size</Th>
                <Th>SHA-256</Th>
                <Th>
                  <span className="sr-only">Download</span>
                </Th>
              </tr>
            </thead>
            <tbody>
              {files.data.toSorted(byUse).map((file) => (
                <FileRow
                  key={file.name}
                  modelId={model.id}
                  file={file}
                  sha256={file.name === "model.onnx" ? onnx?.sha256 : undefined}
                />
              ))}
            </tbody>
          </Table>
        )}
      </Card>
      <Card>
        <CardTitle>Use it in a program</CardTitle>
        <div className="flex flex-col gap-3 text-sm">
          <p className="text-muted">With ONNX Runtime, on a CPU or an Nvidia GPU, without this server:</p>
          <CodeLine code="pip install 'pictograph[inference]'" label="Copy the command" />
          <CodeLine
            label="Copy the program"
            code={`from pictograph.inference import load_model\nfound = load_model("${model.name}.onnx").predict("image.jpg")`}
          />
          <p className="text-muted">Or let the client fetch it; the key comes from your configuration:</p>
          <CodeLine
            label="Copy the program"
            code={`from pictograph import Client\nfound = Client().models.load("${model.id}").predict("image.jpg")`}
          />
        </div>
      </Card>
    </div>
  );
}

interface FileRowProps {
  modelId: string;
  file: ModelFile;
  sha256: string | undefined;
}

function FileRow({ modelId, file, sha256 }: FileRowProps) {
  const [isBusy, setIsBusy] = useState(false);

  async function download() {
    setIsBusy(true);
    try {
      const link = await downloadLink(modelId, file.name);
      const anchor = document.createElement("a");
      anchor.href = localPath(link.download_url);
      anchor.download = link.filename;
      anchor.click();
    } catch (problem) {
      notifyProblem(`${file.name} could not be downloaded`, problem);
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <Tr>
      <Td>
        <div className="font-medium">{file.name}</div>
        <div className="text-muted text-xs">{ABOUT[file.name]}</div>
      </Td>
      <Td isNumber className="whitespace-nowrap">
        {formatBytes(file.size_bytes)}
      </Td>
      <Td>
        <span className="flex items-center gap-1">
          <code className="text-muted text-xs" title={sha256 ?? `begins with ${file.digest}`}>
            {file.digest}…
          </code>
          {sha256 && <CopyButton text={sha256} label="Copy the whole SHA-256" />}
        </span>
      </Td>
      <Td className="text-right">
        <Button
          size="sm"
          isBusy={isBusy}
          onClick={() => void download()}
          aria-label={`Download ${file.name}`}
        >
          <Download aria-hidden="true" className="size-3.5" />
          Download
        </Button>
      </Td>
    </Tr>
  );
}

function byUse(a: ModelFile, b: ModelFile): number {
  const order = Object.keys(ABOUT);
  const place = (file: ModelFile) => (order.includes(file.name) ? order.indexOf(file.name) : order.length);
  return place(a) - place(b) || a.name.localeCompare(b.name);
}
