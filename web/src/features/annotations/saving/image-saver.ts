/** Keeps one image's changes: in the journal at once, on the server soon, and never over somebody else's. */

import type { Annotation } from "@/canvas/scene";
import { isSameList, type StoredAnnotations, type Taken } from "../documents";
import { type Draft, type DraftStore, DraftWriter, type Wish } from "../journal/drafts";
import {
  dueAt,
  initialSaveState,
  isSaved,
  reduceSave,
  type SaveEvent,
  type SaveProblem,
  type SaveState,
} from "./save-machine";
import { StatusWish, type WishState } from "./status-wish";

/** What both sides have when somebody else saved first. `base` is what both began with. */
export interface Conflict {
  base: readonly Annotation[];
  theirs: StoredAnnotations;
}

export interface SaverState {
  save: SaveState;
  conflict: Conflict | null;
  /** The status that is to be set when everything is saved. */
  wish: WishState | null;
  /** The browser keeps no drafts here: a killed tab would lose what is not saved. */
  journalFails: boolean;
}

export interface SavedAnswer {
  version: number;
  status: StoredAnnotations["status"];
}

export interface SaverPorts {
  place: string;
  tab: string;
  drafts: DraftStore;
  now(): number;
  send(
    imageId: string,
    annotations: readonly Annotation[],
    baseVersion: number,
    isLeaving: boolean,
  ): Promise<SavedAnswer>;
  read(imageId: string): Promise<StoredAnnotations>;
  setStatus(imageId: string, wish: Wish): Promise<void>;
  /** Names the refusal. */
  problemOf(error: unknown): SaveProblem;
  /** The server has these now. */
  onSaved(imageId: string, annotations: readonly Annotation[], answer: SavedAnswer): void;
  /** The status is set; or, with a refusal, it never will be. */
  onWishSettled(imageId: string, wish: Wish, refusal: unknown): void;
  /** Of these, what engines found and the server does not have. */
  takenOf(annotations: readonly Annotation[]): Readonly<Record<string, Taken>>;
}

export class ImageSaver {
  private base: readonly Annotation[];
  private current: readonly Annotation[];
  private sent: readonly Annotation[] | null = null;
  private state: SaverState;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;
  private readonly writer: DraftWriter;
  private readonly wish: StatusWish;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly imageId: string,
    stored: StoredAnnotations,
    private readonly ports: SaverPorts,
  ) {
    this.base = stored.annotations;
    this.current = stored.annotations;
    this.state = { save: initialSaveState(stored.version), conflict: null, wish: null, journalFails: false };
    this.writer = new DraftWriter(ports.drafts, () => this.publish({ journalFails: true }));
    this.wish = new StatusWish({
      now: ports.now,
      problemOf: ports.problemOf,
      setStatus: (wish) => ports.setStatus(imageId, wish),
      isReady: () => isSaved(this.state.save) && this.state.conflict === null,
      onChange: (wish) => {
        this.publish({ wish });
        this.keepDraft();
      },
      onSettled: (wish, refusal) => ports.onWishSettled(imageId, wish, refusal),
    });
  }

  /** Take up what an earlier tab left: nobody saved since. Its draft is replaced by ours. */
  resume(draft: Draft): void {
    this.writer.adopt(draft);
    this.current = draft.annotations;
    this.dispatch({
      type: "based",
      version: this.state.save.version,
      changes: draft.changes,
      at: this.ports.now(),
    });
    this.keepDraft();
    this.adoptWish(draft);
  }

  /** Take up what an earlier tab left though somebody saved since: both are to be shown. */
  resumeConflict(draft: Draft, theirs: StoredAnnotations): void {
    this.writer.adopt(draft);
    this.base = draft.base;
    this.current = draft.annotations;
    this.dispatch({
      type: "based",
      version: draft.baseVersion,
      changes: draft.changes,
      at: this.ports.now(),
    });
    this.enterConflict(theirs);
    this.keepDraft();
    this.adoptWish(draft);
  }

  /** Take up the status an earlier tab had chosen for what the server has. */
  resumeWish(draft: Draft): void {
    this.writer.adopt(draft);
    this.adoptWish(draft);
  }

  getState = (): SaverState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get annotations(): readonly Annotation[] {
    return this.current;
  }

  /** What the server has, as far as is known here. */
  get saved(): readonly Annotation[] {
    return this.base;
  }

  /** Whether the server has everything: the annotations and the status. */
  get isDone(): boolean {
    const { save, conflict, wish } = this.state;
    return isSaved(save) && conflict === null && wish === null;
  }

  /** Have the image get a status once everything is saved, also after this tab was killed. */
  want(wish: Wish): void {
    this.wish.want(wish);
    void this.flush();
  }

  /** Resolves when the server has all changes. */
  whenSaved(): Promise<void> {
    return new Promise((resolve) => {
      if (isSaved(this.state.save)) return resolve();
      const stop = this.subscribe(() => {
        if (!isSaved(this.state.save)) return;
        stop();
        resolve();
      });
    });
  }

  /** Take what the image's annotations are now. */
  change(annotations: readonly Annotation[]): void {
    this.current = annotations;
    this.dispatch({ type: "changed", at: this.ports.now() });
    this.keepDraft();
  }

  /** Send at once what is not saved; resolves when that has been tried. */
  async flush(): Promise<void> {
    if (this.running !== null) await this.running;
    if (this.state.save.problem?.kind === "conflict" || this.state.save.changes === 0) return;
    await this.send();
  }

  /** A person asked, or the connection is back. */
  retry(): void {
    this.dispatch({ type: "retry", at: this.ports.now() });
    void this.wish.tell();
  }

  /** The page is going away: there is no time to wait for an answer. The draft stays until there is one. */
  leave(): void {
    const { save } = this.state;
    if (save.changes === 0 || save.sending !== null || save.problem?.kind === "conflict") return;
    void this.send(true);
  }

  /** Settle a conflict with these annotations, on top of theirs. */
  settle(annotations: readonly Annotation[]): void {
    const { conflict } = this.state;
    if (conflict === null) return;
    this.base = conflict.theirs.annotations;
    this.current = annotations;
    const changes = isSameList(annotations, this.base) ? 0 : 1;
    this.publish({ conflict: null });
    this.dispatch({ type: "based", version: conflict.theirs.version, changes, at: this.ports.now() });
    this.keepDraft();
  }

  /** Take what the server has now, where nothing is changed here. */
  replace(stored: StoredAnnotations): void {
    this.base = stored.annotations;
    this.current = stored.annotations;
    this.dispatch({ type: "based", version: stored.version, changes: 0, at: this.ports.now() });
  }

  /** Stop timers; the draft stays if something is not saved. */
  close(): void {
    clearTimeout(this.timer);
    this.wish.close();
    this.listeners.clear();
  }

  /** Resolves when the journal holds everything. */
  journaled(): Promise<void> {
    return this.writer.settled();
  }

  private async send(isLeaving = false): Promise<void> {
    this.running = this.sendOnce(isLeaving);
    try {
      await this.running;
    } finally {
      this.running = null;
    }
  }

  private async sendOnce(isLeaving: boolean): Promise<void> {
    clearTimeout(this.timer);
    const { version } = this.state.save;
    const annotations = this.current;
    if (isSameList(annotations, this.base)) {
      // Done and undone again: there is nothing to tell the server.
      this.dispatch({ type: "based", version, changes: 0, at: this.ports.now() });
      this.keepDraft();
      return;
    }
    this.sent = annotations;
    this.dispatch({ type: "sending" });
    this.keepDraft();
    try {
      this.accept(annotations, await this.ports.send(this.imageId, annotations, version, isLeaving));
    } catch (error) {
      const problem = this.ports.problemOf(error);
      if (problem.kind === "conflict") await this.compareWithServer(annotations, problem);
      else this.fail(problem);
    }
  }

  private accept(annotations: readonly Annotation[], answer: SavedAnswer): void {
    // Before `base` is replaced: who listens may compare.
    const status = this.state.wish?.status ?? answer.status;
    this.ports.onSaved(this.imageId, annotations, { ...answer, status });
    this.base = annotations;
    this.sent = null;
    this.dispatch({ type: "saved", at: this.ports.now(), version: answer.version });
    this.keepDraft();
  }

  /** The version moved: perhaps by our own save whose answer was lost, perhaps without any difference. */
  private async compareWithServer(sent: readonly Annotation[], problem: SaveProblem): Promise<void> {
    let theirs: StoredAnnotations;
    try {
      theirs = await this.ports.read(this.imageId);
    } catch (error) {
      this.fail(this.ports.problemOf(error));
      return;
    }
    if (isSameList(theirs.annotations, sent)) {
      this.accept(sent, theirs);
    } else if (isSameList(theirs.annotations, this.base)) {
      this.dispatch({
        type: "based",
        version: theirs.version,
        changes: this.state.save.changes,
        at: this.ports.now(),
      });
      this.keepDraft();
    } else {
      this.sent = null;
      this.enterConflict(theirs, problem);
      this.keepDraft();
    }
  }

  private enterConflict(theirs: StoredAnnotations, problem?: SaveProblem): void {
    this.publish({ conflict: { base: this.base, theirs } });
    this.fail({
      kind: "conflict",
      message: problem?.message ?? `The server has version ${theirs.version}`,
      fix: "Look at both and choose",
    });
  }

  private fail(problem: SaveProblem): void {
    this.dispatch({ type: "failed", at: this.ports.now(), problem, jitter: Math.random() });
  }

  private adoptWish({ wish }: Draft): void {
    if (wish) this.wish.want(wish);
  }

  private keepDraft(): void {
    const { save, wish } = this.state;
    this.writer.note(
      save.changes === 0 && wish === null
        ? null
        : {
            place: this.ports.place,
            imageId: this.imageId,
            baseVersion: save.version,
            tab: this.ports.tab,
            base: this.base,
            annotations: this.current,
            sent: this.sent,
            changes: save.changes,
            changedAt: this.ports.now(),
            wish: wish && { status: wish.status, datasetName: wish.datasetName },
            taken: this.ports.takenOf(this.current),
          },
    );
  }

  private dispatch(event: SaveEvent): void {
    this.publish({ save: reduceSave(this.state.save, event) });
    clearTimeout(this.timer);
    const due = dueAt(this.state.save);
    if (due !== null) this.timer = setTimeout(() => void this.send(), Math.max(0, due - this.ports.now()));
    if (isSaved(this.state.save)) void this.wish.tell();
  }

  private publish(part: Partial<SaverState>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}
