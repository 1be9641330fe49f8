/** Every figure of a run: those of all classes, then a row for each class. */

import { formatMetric, metricHint, metricLabel } from "@/lib/metrics";
import { Card, CardTitle } from "@/ui/page";
import { Table, Td, Th, Tr } from "@/ui/table";

export function MetricsTable({ metrics }: { metrics: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(metrics).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  const general = entries.filter(([name]) => !name.includes("/"));
  const byClass = new Map<string, Map<string, number>>();
  for (const [name, value] of entries) {
    const [figure = "", ...rest] = name.split("/");
    if (rest.length === 0) continue;
    const className = rest.join("/");
    const row = byClass.get(className) ?? new Map<string, number>();
    row.set(figure, value);
    byClass.set(className, row);
  }
  const columns = [...new Set([...byClass.values()].flatMap((row) => [...row.keys()]))];
  if (entries.length === 0) return null;
  return (
    <Card>
      <CardTitle>Figures</CardTitle>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-1.5 text-sm md:grid-cols-3">
        {general.map(([name, value]) => (
          <div key={name} className="flex items-baseline justify-between gap-3 border-line border-b pb-1">
            <dt className="truncate text-muted" title={metricHint(name)}>
              {metricLabel(name)}
            </dt>
            <dd className="tabular-nums">{formatMetric(value)}</dd>
          </div>
        ))}
      </dl>
      {byClass.size > 0 && (
        <div className="mt-4">
          <Table label="Figures of each class">
            <thead>
              <tr>
                <Th>Class</Th>
                {columns.map((figure) => (
                  <Th key={figure} isNumber>
                    {metricLabel(figure)}
                  </Th>
                ))}
              </tr>
            </thead>
            <tbody>
              {[...byClass].map(([className, row]) => (
                <Tr key={className}>
                  <Td className="max-w-72 truncate" title={className}>
                    {className}
                  </Td>
                  {columns.map((figure) => (
                    <Td key={figure} isNumber>
                      {formatMetric(row.get(figure))}
                    </Td>
                  ))}
                </Tr>
              ))}
            </tbody>
          </Table>
        </div>
      )}
    </Card>
  );
}
