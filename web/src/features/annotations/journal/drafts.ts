/** What was changed here and is not on the server yet, kept so that a killed tab loses nothing. */

import type { Annotation } from "@/canvas/scene";
import type { ImageStatus, Taken } from "../documents";

/** An image's annotations as they are in one tab, and what they were based on. */
export interface Draft {
  /** Server and organisation: one browser may know several. */
  place: string;
  imageId: string;
  baseVersion: number;
  /** Two tabs may have one image open; neither overwrites the other's draft. */
  tab: string;
  base: readonly Annotation[];
  annotations: readonly Annotation[];
  /** What was on its way to the server: it may have arrived though nobody heard so. */
  sent: readonly Annotation[] | null;
  changes: number;
  changedAt: number;
  /** The status a person chose that the server does not have yet. */
  wish?: Wish | null;
  /** Annotation id -> what an engine found, of those the server does not have yet. */
  taken?: Readonly<Record<string, Taken>>;
}

/** A person says how far the image is: «complete». */
export interface Wish {
  status: ImageStatus;
  datasetName: string;
}

/** Where drafts are kept: `indexed-db.ts`, or memory in tests. */
export interface DraftStore {
  put(draft: Draft): Promise<void>;
  remove(draft: DraftKey): Promise<void>;
  ofImage(place: string, imageId: string): Promise<Draft[]>;
  ofPlace(place: string): Promise<Draft[]>;
}

export type DraftKey = Pick<Draft, "place" | "imageId" | "baseVersion" | "tab">;

/** Writes one image's newest draft: the first at once, and while it is being written only the newest of the others. */
export class DraftWriter {
  private wanted: Draft | null | undefined;
  private stored: Draft | null = null;
  private running: Promise<void> | null = null;

  constructor(
    private readonly store: DraftStore,
    /** Told when the browser keeps nothing: private windows, a full disk. */
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Keep this draft; null: there is nothing to keep any more. */
  note(draft: Draft | null): void {
    this.wanted = draft;
    this.running ??= this.run();
  }

  /** Forget a draft that is in the store from before: what it held is in what is noted from now on. */
  adopt(draft: Draft): void {
    this.stored = draft;
  }

  /** Resolves when everything noted is written. */
  async settled(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    // Not within `note`: `running` is to be set before this can end.
    await Promise.resolve();
    while (this.wanted !== undefined) {
      const next = this.wanted;
      this.wanted = undefined;
      try {
        const before = this.stored;
        if (next !== null) await this.store.put(next);
        // Only after the new one is safe.
        if (before !== null && (next === null || !isSameKey(before, next))) await this.store.remove(before);
        this.stored = next;
      } catch (error) {
        this.onFailure(error);
      }
    }
    this.running = null;
  }
}

function isSameKey(one: DraftKey, other: DraftKey): boolean {
  return (
    one.place === other.place &&
    one.imageId === other.imageId &&
    one.baseVersion === other.baseVersion &&
    one.tab === other.tab
  );
}
