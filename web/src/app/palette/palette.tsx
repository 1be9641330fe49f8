/** Go anywhere by typing: a page, a dataset, a model. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Boxes, CornerDownLeft, FileText, Images, Search } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { datasetsQuery } from "@/features/datasets/api";
import { modelsQuery } from "@/features/models/api";
import { cx } from "@/lib/class-names";
import { PAGES, type Place, placesFor } from "./places";

const AT_MOST = 50;
// Of these many pages of the list of models.
const MODEL_PAGES = 4;
const ICONS: Record<string, typeof Images> = { Dataset: Images, Model: Boxes };

export function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const datasets = useQuery(datasetsQuery);
  const models = useQuery(modelsQuery({}, MODEL_PAGES));
  const places: Place[] = [
    ...PAGES,
    ...(datasets.data ?? []).map((each) => ({
      id: each.id,
      label: each.name,
      kind: "Dataset",
      to: "/datasets/$name" as const,
      params: { name: each.name },
    })),
    ...(models.data?.models ?? []).map((each) => ({
      id: each.id,
      label: each.name,
      kind: "Model",
      to: "/models/$modelId" as const,
      params: { modelId: each.id },
    })),
  ];
  const found = placesFor(typed, places, AT_MOST);
  const chosen = Math.min(at, found.length - 1);

  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  function go(place: Place | undefined) {
    if (!place) return;
    onClose();
    void navigate({ to: place.to, params: place.params, search: place.search } as Parameters<
      typeof navigate
    >[0]);
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) setAt(Math.max(0, Math.min(found.length - 1, chosen + step)));
    else if (event.key === "Enter") go(found[chosen]);
    else return;
    event.preventDefault();
  }

  return (
    <Radix.Root open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-40 flex max-h-[70vh] w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-float"
        >
          <Radix.Title className="sr-only">Go to</Radix.Title>
          <div className="flex items-center gap-2.5 border-line border-b px-4">
            <Search aria-hidden="true" className="size-4 shrink-0 text-muted" />
            <input
              role="combobox"
              aria-label="Page, dataset or model"
              aria-expanded="true"
              aria-controls={listId}
              aria-activedescendant={found[chosen] ? `${listId}-${chosen}` : undefined}
              aria-autocomplete="list"
              autoComplete="off"
              spellCheck={false}
              placeholder="Go to a page, a dataset or a model"
              value={typed}
              onChange={(event) => {
                setTyped(event.target.value);
                setAt(0);
              }}
              onKeyDown={onKeyDown}
              className="h-12 min-w-0 grow bg-transparent text-base outline-none placeholder:text-faint"
            />
          </div>
          <div
            ref={list}
            id={listId}
            role="listbox"
            aria-label="Places"
            tabIndex={-1}
            className="min-h-0 overflow-y-auto p-1.5"
          >
            {found.map((place, index) => {
              const Icon = ICONS[place.kind] ?? FileText;
              return (
                // The input has the keyboard; what is chosen is told through aria-activedescendant.
                // biome-ignore lint/a11y/useKeyWithClickEvents: see above
                <div
                  key={place.id}
                  id={`${listId}-${index}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={index === chosen}
                  onClick={() => go(place)}
                  onPointerMove={() => index !== chosen && setAt(index)}
                  className={cx(
                    "flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm",
                    index === chosen && "bg-accent-soft",
                  )}
                >
                  <Icon aria-hidden="true" className="size-4 shrink-0 text-muted" />
                  <span className="min-w-0 grow truncate">{place.label}</span>
                  <span className="text-muted text-xs">{place.kind}</span>
                  {index === chosen && <CornerDownLeft aria-hidden="true" className="size-3.5 text-muted" />}
                </div>
              );
            })}
          </div>
          <p role="status" className={found.length === 0 ? "px-4 pb-6 text-muted text-sm" : "sr-only"}>
            {found.length === 0 ? `Nothing is called “${typed}”.` : `${found.length} places`}
          </p>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
