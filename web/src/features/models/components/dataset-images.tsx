/** A few images of a dataset to try a model on. */

import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { datasetChoiceQuery } from "@/features/training/api";
import { cx } from "@/lib/class-names";
import { localPath } from "@/lib/local-path";
import { Select } from "@/ui/field";
import { Card, CardTitle } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";

interface DatasetImagesProps {
  datasetName: string | undefined;
  chosen: string | null;
  onDataset: (name: string) => void;
  onChoose: (imageId: string) => void;
}

const SHOWN = 24;

export function DatasetImages({ datasetName, chosen, onDataset, onChoose }: DatasetImagesProps) {
  const datasets = useQuery(datasetChoiceQuery);
  const images = useQuery({
    queryKey: ["images", "to-try", datasetName],
    enabled: Boolean(datasetName),
    queryFn: async ({ signal }) => {
      const query = { dataset_name: datasetName ?? "", limit: SHOWN };
      return (await unwrap(api.GET("/api/v1/developer/images/", { params: { query }, signal }))).images;
    },
  });
  const names = datasets.data?.map((each) => each.name) ?? [];
  const known = datasetName && !names.includes(datasetName) ? [datasetName, ...names] : names;
  return (
    <Card>
      <CardTitle
        actions={
          <Select
            aria-label="Dataset"
            className="!w-56"
            value={datasetName ?? ""}
            onChange={onDataset}
            options={[
              { value: "", label: "Choose a dataset", isDisabled: true },
              ...known.map((name) => ({ value: name, label: name })),
            ]}
          />
        }
      >
        Or an image of a dataset
      </CardTitle>
      {images.isLoading && <Skeleton className="h-32" />}
      {images.data?.length === 0 && <p className="text-muted text-sm">The dataset has no images yet.</p>}
      {!datasetName && (
        <p className="text-muted text-sm">Choose one of your datasets to see its newest images.</p>
      )}
      {images.data && images.data.length > 0 && (
        <ul className="grid grid-cols-6 gap-2 lg:grid-cols-12">
          {images.data.map((image) => (
            <li key={image.id}>
              <button
                type="button"
                aria-pressed={image.id === chosen}
                title={image.filename}
                onClick={() => onChoose(image.id)}
                className={cx(
                  "block aspect-square w-full overflow-hidden rounded border-2 bg-sunken",
                  image.id === chosen ? "border-accent" : "border-transparent hover:border-line-strong",
                )}
              >
                {image.thumbnail_url && (
                  <img
                    src={localPath(image.thumbnail_url)}
                    alt={image.filename}
                    loading="lazy"
                    className="size-full object-cover"
                  />
                )}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
