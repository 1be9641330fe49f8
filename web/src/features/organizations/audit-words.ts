/** Entries of the audit log as sentences. Every action of docs/reference/audit.md has one here. */

import { formatCount, formatDateTime, plural } from "@/lib/format";
import type { AuditEntry } from "./api";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Details = Record<string, unknown>;
/** `{}` is what it was done to; other names in braces are details. Behind `|` stands what is said without them. */
type Template = string;

const SENTENCES: Record<string, Template> = {
  "account.deleted": "deleted their account {}",
  "account.updated": "changed their {changed}|changed their account",
  "annotations.restored": "made the annotations of {} what they were at version {version}",
  "api_key.created": "made the API key {} with the role {role}",
  "api_key.deleted": "deleted the API key {}",
  "api_key.updated": "changed the API key {}",
  "connector_import.started": "began to import {} from {provider}",
  "class.deleted": "deleted the classes {classes} of {}",
  "class.merged": "merged the classes {classes} of {} into {target}",
  "class.renamed": "renamed the class {classes} of {} to {target}",
  "dataset.deleted": "deleted the dataset {} with {images}",
  "export.created": "asked for the export {}",
  "export.deleted": "deleted the export {}",
  "folder.archived": "moved a folder of {} to the trash, {images}",
  "folder.deleted": "deleted a folder of {} for good, {images}",
  "folder.moved": "moved or renamed a folder of {}, {images}",
  "image.archived": "moved the image {} to the trash",
  "image.deleted": "deleted the image {} for good",
  "images.archived": "moved {images} of {} to the trash",
  "images.copied": "copied {images} of {}",
  "images.deleted": "deleted {images} of {} for good",
  "images.moved": "moved {images} of {} to another folder",
  "images.restored": "took {images} of {} out of the trash",
  "images.tagged": "set tags of {images} of {}",
  "images.updated": "changed {images} of {} together",
  "import.started": "began to import {filename} into {}",
  "invite.accepted": "joined by the invite for {} as {role}",
  "invite.created": "invited {} as {role}",
  "invite.revoked": "took back the invite for {}",
  "login_link.made": "made a login link for {}",
  "member.password_link_made": "made a link with which {} sets a new password",
  "member.removed": "removed {} from the organization",
  "member.role_changed": "made {} {to}, who was {from}",
  "organization.created": "made the organization {}",
  "organization.limited": "changed the limits of {}",
  "organization.updated": "renamed the organization to {}",
  "password_link.made": "made a link with which {} sets a new password",
  "review.assigned": "gave {images} of {} to people to review",
  "session.ended": "signed out",
  "session.others_ended": "signed out everywhere else",
  "session.refused": "gave a wrong password for {}",
  "session.started": "signed in by {by}|signed in",
  "session.switched": "began to look at this organization",
  "trash.emptied": "emptied the trash of {}, {images}",
  "trash.restored": "took everything out of the trash of {}, {images}",
  "version.created": "asked for {}",
  "version.deleted": "deleted {}",
  "version.restored": "made the dataset {dataset_name} of {}",
  "version.updated": "named or described {}",
  "video.extracted": "began to save frames of {video} in {}",
};

export interface Sentence {
  /** Around the name of what it was done to; `subject` is empty where the sentence needs none. */
  before: string;
  subject: string;
  after: string;
  /** What the sentence does not say, as label and value. */
  rest: ReadonlyArray<readonly [string, string]>;
}

/** Return an entry as a sentence that the actor's name begins. */
export function sentenceOf(entry: AuditEntry): Sentence {
  const details: Details = entry.details ?? {};
  const template = SENTENCES[entry.action];
  const [full = "", plain] = (template ?? `did “${entry.action}” to {}`).split("|");
  const wanted = [...full.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  const hasAll = wanted.every((name) => isSaid(details[name]));
  const words = hasAll || plain === undefined ? full : plain;
  const said = new Set(hasAll ? wanted : wanted.filter((name) => words.includes(`{${name}}`)));
  const filled = words.replace(/\{(\w+)\}/g, (_, name: string) => value(name, details[name]));
  const [before = "", after] = filled.split("{}");
  return {
    before,
    subject: after === undefined ? "" : entry.subject_name || "something without a name",
    after: after ?? "",
    rest: Object.entries(details)
      // Ids are for programs; who reads here knows things by their names.
      .filter(([name, content]) => !said.has(name) && isSaid(content) && !UUID.test(String(content)))
      .map(([name, content]) => [name.replaceAll("_", " "), value(name, content)] as const),
  };
}

/** All actions that have a sentence, by their noun. */
export function actionsByNoun(): ReadonlyMap<string, readonly string[]> {
  const nouns = new Map<string, string[]>();
  for (const action of Object.keys(SENTENCES)) {
    const noun = action.split(".")[0] ?? action;
    nouns.set(noun, [...(nouns.get(noun) ?? []), action]);
  }
  return nouns;
}

function isSaid(content: unknown): boolean {
  return content != null && content !== "" && !(Array.isArray(content) && content.length === 0);
}

function value(name: string, content: unknown): string {
  if (!isSaid(content)) return name === "images" ? "some images" : "something";
  if (name === "images" && typeof content === "number") return plural(content, "image");
  if (typeof content === "number") return formatCount(content);
  if (typeof content === "boolean") return content ? "yes" : "no";
  if (typeof content === "string") {
    if (/^\d{4}-\d{2}-\d{2}T/.test(content)) return formatDateTime(content);
    return name === "changed" ? content.replaceAll("_", " ") : content;
  }
  if (Array.isArray(content)) return content.map((each) => value(name, each)).join(", ");
  if (typeof content === "object" && content !== null) {
    return Object.entries(content)
      .map(([key, each]) => `${key.replaceAll("_", " ")}: ${value("", each)}`)
      .join(", ");
  }
  return String(content);
}
