/** The model card: classes, what it learned from, how it was trained, what an image goes through, licence. */

import { useQuery } from "@tanstack/react-query";
import { ApiProblem } from "@/api/client";
import type { ClassColors } from "@/lib/class-colors";
import { formatBytes, formatCount, formatDateTime, formatDuration, plural } from "@/lib/format";
import { pipelineLabel } from "@/lib/pipelines";
import { Facts } from "@/ui/facts";
import { Card, CardTitle } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Table, Td, Th, Tr } from "@/ui/table";
import { cardQuery, type Model, type ModelCard } from "../api";

interface ModelCardViewProps {
  model: Model;
  colors: ClassColors;
}

export function ModelCardView({ model, colors }: ModelCardViewProps) {
  const card = useQuery({ ...cardQuery(model.id), retry: false });
  if (card.error instanceof ApiProblem && card.error.code === "model_file_missing") {
    return <Card className="text-muted text-sm">It was made without a model card.</Card>;
  }
  if (card.isError) return <ProblemNote problem={card.error} onRetry={() => void card.refetch()} />;
  if (!card.data) return <Skeleton className="h-96" />;
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Classes card={card.data} colors={colors} />
      <Card>
        <CardTitle>What it learned from</CardTitle>
        <Facts
          facts={[
            { name: "Images", value: splitWords(card.data) },
            {
              name: "Figures of",
              value: `the ${card.data.data.measured_on} split${card.data.data.measured_images ? `, ${plural(card.data.data.measured_images, "image")}` : ""}`,
            },
            {
              name: "Data SHA-256",
              value: <code className="break-all text-xs">{card.data.data.sha256}</code>,
            },
          ]}
        />
      </Card>
      <Card>
        <CardTitle>How it was trained</CardTitle>
        <Facts
          facts={[
            { name: "Pipeline", value: pipelineLabel(card.data.pipeline) },
            { name: "Network", value: card.data.architecture },
            { name: "Started from", value: card.data.training.started_from ?? "random weights" },
            {
              name: "Epochs",
              value: `${card.data.training.epochs}, the best was ${card.data.training.best_epoch}`,
            },
            { name: "Took", value: formatDuration(card.data.training.seconds) },
            { name: "On", value: card.data.training.device },
            { name: "Finished", value: formatDateTime(card.data.training.finished_at) },
            { name: "Seed", value: card.data.training.seed },
            {
              name: "Settings",
              value: <Values values={{ ...card.data.training.config, ...card.data.training.plan }} />,
            },
            { name: "Remarks", value: (card.data.training.remarks ?? []).join(" ") },
          ]}
        />
      </Card>
      <Card>
        <CardTitle>What an image goes through</CardTitle>
        <Inference card={card.data} />
      </Card>
      <Card className="xl:col-span-2">
        <CardTitle>Licence and versions</CardTitle>
        <p className="mb-3 text-sm">{card.data.license}</p>
        <Values values={card.data.versions} />
      </Card>
    </div>
  );
}

function Classes({ card, colors }: { card: ModelCard; colors: ClassColors }) {
  // Of surfaces there is no threshold for each class.
  const hasBest = Object.values(card.best_confidences ?? {}).some((each) => each != null);
  return (
    <Card>
      <CardTitle>
        {plural(card.class_names.length, "class", "classes")}, in the order of its answers
      </CardTitle>
      <div className="max-h-96 overflow-y-auto">
        <Table label="Classes of the model">
          <thead>
            <tr>
              <Th isNumber className="w-12">
                Index
              </Th>
              <Th>Class</Th>
              <Th isNumber>Examples</Th>
              {hasBest && (
                <Th isNumber title="The threshold with the best F1 on the images that were held back">
                  Best confidence
                </Th>
              )}
            </tr>
          </thead>
          <tbody>
            {card.class_names.map((name, index) => (
              <Tr key={name}>
                <Td isNumber className="text-muted">
                  {index}
                </Td>
                <Td className="max-w-64">
                  <span className="flex items-center gap-2">
                    <span
                      aria-hidden="true"
                      className="size-2.5 shrink-0 rounded-full"
                      style={{ background: colors(name) }}
                    />
                    <span className="truncate" title={name}>
                      {name}
                    </span>
                  </span>
                </Td>
                <Td isNumber>{formatCount(card.data.objects[name] ?? 0)}</Td>
                {hasBest && <Td isNumber>{card.best_confidences?.[name]?.toFixed(2) ?? "–"}</Td>}
              </Tr>
            ))}
          </tbody>
        </Table>
      </div>
    </Card>
  );
}

type Values = Readonly<Record<string, unknown>>;

function Inference({ card }: { card: ModelCard }) {
  const before = (card.inference.preprocessing ?? {}) as Values;
  const after = (card.inference.postprocessing ?? {}) as Values;
  const onnx = card.files["model.onnx"];
  return (
    <div className="flex flex-col gap-3 text-sm">
      <div>
        <h3 className="mb-1 text-muted text-xs">Before the network</h3>
        <Values values={before} />
      </div>
      <div>
        <h3 className="mb-1 text-muted text-xs">After it</h3>
        <Values values={after} />
      </div>
      <p className="text-muted text-xs">
        All of it is inside the ONNX file ({formatBytes(onnx.size_bytes)}, opset {onnx.opset}), whose answers
        differ from the framework's by at most {largest(onnx.largest_difference_from_torch)}.
      </p>
    </div>
  );
}

function Values({ values }: { values: Values }) {
  const entries = Object.entries(values).filter(([, value]) => value !== null);
  if (entries.length === 0) return <span className="text-muted">none</span>;
  return (
    <ul className="flex flex-wrap gap-1.5">
      {entries.map(([key, value]) => (
        <li key={key} className="max-w-full break-words rounded bg-sunken px-1.5 py-0.5 text-xs">
          {key.replaceAll("_", " ")}: <span className="font-medium">{textOf(value)}</span>
        </li>
      ))}
    </ul>
  );
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(" × ");
  if (value === true) return "yes";
  if (value === false) return "no";
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function splitWords(card: ModelCard): string {
  const splits = Object.entries(card.data.splits).map(([split, count]) => `${split} ${formatCount(count)}`);
  return `${formatCount(card.data.images)}: ${splits.join(", ")}`;
}

function largest(differences: Readonly<Record<string, number>>): string {
  const values = Object.values(differences);
  return values.length === 0 ? "nothing that was measured" : Math.max(...values).toExponential(1);
}
