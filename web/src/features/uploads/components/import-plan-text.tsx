import type { ImportPlan } from "@/api/schema";
import { formatCount, plural } from "@/lib/format";

/** What importing an archive will do. */
export function ImportPlanText({ plan }: { plan: ImportPlan }) {
  const lines = [
    `${plural(plan.images_new ?? 0, "new image")}${plan.format ? `, labels in ${plan.format}` : ", no labels"}`,
    plan.images_present ? `${plural(plan.images_present, "image")} there already` : null,
    plan.images_different
      ? `${plural(plan.images_different, "image")} of the same name and another content, left alone`
      : null,
    plan.images_missing ? `${plural(plan.images_missing, "labelled image")} missing` : null,
    plan.annotations ? plural(plan.annotations, "annotation") : null,
    plan.skipped_count ? `${plural(plan.skipped_count, "file")} left out` : null,
  ].filter((line) => line !== null);
  return (
    <div className="text-sm">
      <ul className="list-inside list-disc text-muted">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {(plan.classes ?? []).length > 0 && (
        <p className="mt-1 line-clamp-3 text-muted">
          Classes:{" "}
          {(plan.classes ?? [])
            .slice(0, 20)
            .map((each) => `${each.name} (${formatCount(each.annotations ?? 0)})`)
            .join(", ")}
        </p>
      )}
      {(plan.remarks ?? []).map((remark) => (
        <p key={remark} className="mt-1 text-muted">
          {remark}
        </p>
      ))}
    </div>
  );
}
