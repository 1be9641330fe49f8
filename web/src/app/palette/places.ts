/** Where the palette leads, and which of these places some typed letters mean. */

import type { LinkProps } from "@tanstack/react-router";

export interface Place {
  /** Unique among the places. */
  id: string;
  label: string;
  /** What kind of place it is: "Page", "Dataset", "Model". */
  kind: string;
  /** Other words that people look for it by. */
  words?: string;
  to: LinkProps["to"];
  params?: Record<string, string>;
  search?: Record<string, unknown>;
}

function page(label: string, to: LinkProps["to"], words = "", search?: Place["search"]): Place {
  return { id: `${to} ${label}`, label, kind: "Page", to, words, search };
}

export const PAGES: readonly Place[] = [
  page("Home", "/", "start overview"),
  page("Pipelines", "/pipelines", "runs"),
  page("New pipeline", "/pipelines/new", "upload folder label train start"),
  page("Datasets", "/datasets", "images projects"),
  page("Training", "/training", "runs experiments"),
  page("New training", "/training/new", "train start"),
  page("Compare training runs", "/training/compare", "charts"),
  page("Models", "/models", "weights onnx"),
  page("Exports", "/exports", "download zip coco yolo"),
  page("New export", "/exports", "download zip coco yolo voc cvat labelme csv", { new: true }),
  page("Jobs", "/jobs", "queue running progress"),
  page("Credits", "/credits", "budget cost price ledger"),
  page("Organization", "/organization", "settings name limits storage"),
  page("Members", "/organization/members", "people roles users team"),
  page("Invites", "/organization/invites", "people add"),
  page("API keys", "/organization/api-keys", "token secret sdk cli base url connect"),
  page("Audit log", "/organization/audit", "history who did what"),
  page("Account", "/account", "profile password sessions devices e-mail"),
];

/** Return the places that hold every typed word, those whose name begins with them first. */
export function placesFor(typed: string, places: readonly Place[], atMost: number): Place[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return places.slice(0, atMost);
  return places
    .map((place, index) => ({ place, index, rank: rankOf(place, words) }))
    .filter((each) => each.rank !== null)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0) || a.index - b.index)
    .slice(0, atMost)
    .map((each) => each.place);
}

/** 0 where the name begins with the first word, 1 where a word in it does, 2 in the middle, 3 by other words. */
function rankOf(place: Place, words: readonly string[]): number | null {
  const label = place.label.toLowerCase();
  const all = `${label} ${place.kind.toLowerCase()} ${place.words ?? ""}`;
  if (!words.every((word) => all.includes(word))) return null;
  const first = words[0] ?? "";
  if (label.startsWith(first)) return 0;
  if (label.split(/[\s_\-./]+/).some((part) => part.startsWith(first))) return 1;
  return label.includes(first) ? 2 : 3;
}
