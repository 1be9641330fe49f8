/** One image being edited: its history, what of it is saved, and what the engines were asked for what is new in it. */

import {
  canRedo,
  canUndo,
  commit,
  type History,
  openHistory,
  redo,
  replaceAll,
  undo,
} from "@/canvas/history";
import { type Annotation, type Command, isMachineMade, type Scene } from "@/canvas/scene";
import {
  isCorrected,
  isSameAnnotation,
  type Provenance,
  type StoredAnnotations,
  type Taken,
} from "../documents";
import type { Draft, Wish } from "../journal/drafts";
import { ImageSaver, type SaverPorts, type SaverState } from "./image-saver";

export interface EditingState {
  readonly history: History;
  readonly saver: SaverState;
  readonly provenance: Readonly<Record<string, Provenance>>;
  /** Something a person should know about how this came to be: recovered changes, somebody else's save. */
  readonly news: News | null;
}

export type News =
  | { kind: "recovered"; changes: number; changedAt: number }
  | { kind: "updated"; at: number };

/** What an engine was asked. */
export type Asked = Pick<Taken, "engine" | "prompt" | "threshold">;

export class Editing {
  readonly saver: ImageSaver;
  private state: EditingState;
  /** Also of what is deleted: undo brings it back. */
  private readonly taken = new Map<string, Taken>();
  private readonly listeners = new Set<() => void>();
  private beforeRecovery: readonly Annotation[] | null = null;

  constructor(
    readonly imageId: string,
    stored: StoredAnnotations,
    ports: Omit<SaverPorts, "send" | "onSaved" | "takenOf"> & {
      send(
        imageId: string,
        annotations: readonly Annotation[],
        baseVersion: number,
        taken: Readonly<Record<string, Taken>>,
        isLeaving: boolean,
      ): ReturnType<SaverPorts["send"]>;
      onSaved: SaverPorts["onSaved"];
      /** Who works here, as provenance names them. */
      me: string;
    },
  ) {
    this.saver = new ImageSaver(imageId, stored, {
      ...ports,
      send: (id, annotations, version, isLeaving) =>
        ports.send(id, annotations, version, this.takenOf(annotations), isLeaving),
      takenOf: (annotations) => this.takenOf(annotations),
      onSaved: (id, annotations, answer) => {
        this.noteSaved(annotations, ports.me);
        ports.onSaved(id, annotations, answer);
      },
    });
    this.state = {
      history: openHistory({ annotations: stored.annotations }),
      saver: this.saver.getState(),
      provenance: stored.provenance,
      news: null,
    };
    this.saver.subscribe(() => this.publish({ saver: this.saver.getState() }));
  }

  /** Go on with what an earlier tab left. It is a step that can be undone. */
  recover(draft: Draft): void {
    this.remember(draft);
    this.beforeRecovery = this.scene.annotations;
    this.show(draft.annotations, "Changes kept on this device");
    this.saver.resume(draft);
    this.publish({ news: { kind: "recovered", changes: draft.changes, changedAt: draft.changedAt } });
  }

  recoverConflict(draft: Draft, theirs: StoredAnnotations): void {
    this.remember(draft);
    this.show(draft.annotations, "Changes kept on this device");
    this.saver.resumeConflict(draft, theirs);
  }

  /** Go on with the status an earlier tab had chosen. */
  recoverWish(draft: Draft): void {
    this.saver.resumeWish(draft);
  }

  /** Have the image get a status, once its last changes are saved. */
  want(wish: Wish): void {
    this.saver.want(wish);
  }

  /** Leave the recovered changes out after all; undo brings them back. */
  discardRecovered(): void {
    if (this.beforeRecovery !== null)
      this.replace(this.beforeRecovery, "Discard changes kept on this device");
    this.dismissNews();
  }

  getState = (): EditingState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get scene(): Scene {
    return this.state.history.scene;
  }

  get canUndo(): boolean {
    return canUndo(this.state.history);
  }

  get canRedo(): boolean {
    return canRedo(this.state.history);
  }

  /** `asked`: with what an engine found the annotations this adds. */
  commit(command: Command, asked?: Asked): void {
    if (asked) {
      for (const change of command.changes) {
        if (change.kind !== "add" || !isMachineMade(change.annotation)) continue;
        this.taken.set(change.annotation.id, { ...asked, found: change.annotation });
      }
    }
    this.move(commit(this.state.history, command));
  }

  undo(): string | null {
    const step = this.state.history.past.at(-1);
    this.move(undo(this.state.history));
    return step?.label ?? null;
  }

  redo(): string | null {
    const step = this.state.history.future.at(-1);
    this.move(redo(this.state.history));
    return step?.label ?? null;
  }

  /** Put other annotations in place of all, as one step, and save them. */
  replace(annotations: readonly Annotation[], label: string): void {
    this.move(replaceAll(this.state.history, annotations, label));
  }

  /** Settle a conflict with these. */
  settle(annotations: readonly Annotation[]): void {
    const { conflict } = this.saver.getState();
    const provenance = conflict?.theirs.provenance ?? this.state.provenance;
    this.rememberOrigins(conflict?.base ?? []);
    this.show(annotations, "Settle a conflict");
    this.publish({ provenance });
    this.saver.settle(annotations);
  }

  /** Somebody else saved, and nothing is unsaved here: show theirs. */
  update(stored: StoredAnnotations): void {
    this.rememberOrigins(this.scene.annotations);
    this.show(stored.annotations, "Somebody else's changes");
    this.saver.replace(stored);
    this.publish({ provenance: stored.provenance, news: { kind: "updated", at: Date.now() } });
  }

  /** An older version was brought back here. */
  takeRestored(stored: StoredAnnotations, version: number): void {
    this.rememberOrigins(this.scene.annotations);
    this.show(stored.annotations, `Restore version ${version}`);
    this.saver.replace(stored);
    this.publish({ provenance: stored.provenance });
  }

  dismissNews(): void {
    this.publish({ news: null });
  }

  private move(history: History): void {
    if (history === this.state.history) return;
    this.publish({ history });
    this.saver.change(history.scene.annotations);
  }

  /** Change what is seen without it being a change of ours. */
  private show(annotations: readonly Annotation[], label: string): void {
    this.publish({ history: replaceAll(this.state.history, annotations, label) });
  }

  /** What engines found, of the annotations that are new to the server. */
  private takenOf(annotations: readonly Annotation[]): Readonly<Record<string, Taken>> {
    const saved = new Set(this.saver.saved.map((each) => each.id));
    const isNew = ({ id }: Annotation) => !saved.has(id) && this.taken.has(id);
    return Object.fromEntries(annotations.filter(isNew).map(({ id }) => [id, this.taken.get(id) as Taken]));
  }

  private remember({ taken }: Draft): void {
    for (const [id, each] of Object.entries(taken ?? {})) this.taken.set(id, each);
  }

  /** These may leave the server, and come back by undo: an engine's finding stays one, a correction a correction. */
  private rememberOrigins(annotations: readonly Annotation[]): void {
    for (const each of annotations) {
      const origin = this.state.provenance[each.id];
      if (origin === undefined || !isMachineMade({ created_by: origin.made_by })) continue;
      const { made_by: engine, prompt, threshold } = origin;
      this.taken.set(each.id, {
        engine,
        prompt,
        threshold,
        found: each,
        wasEdited: origin.edited_by !== undefined,
      });
    }
  }

  private noteSaved(annotations: readonly Annotation[], me: string): void {
    const at = new Date().toISOString();
    const before = new Map(this.saver.saved.map((each) => [each.id, each]));
    const kept = new Set(annotations.map((each) => each.id));
    this.rememberOrigins(this.saver.saved.filter((each) => !kept.has(each.id)));
    const provenance: Record<string, Provenance> = {};
    for (const each of annotations) {
      const known = this.state.provenance[each.id];
      const old = before.get(each.id);
      if (known === undefined || old === undefined) provenance[each.id] = this.firstOrigin(each, me, at);
      else
        provenance[each.id] = isSameAnnotation(old, each)
          ? known
          : { ...known, edited_by: me, edited_at: at };
    }
    this.publish({ provenance });
  }

  private firstOrigin(annotation: Annotation, me: string, at: string): Provenance {
    const taken = this.taken.get(annotation.id);
    if (taken === undefined) return { made_by: annotation.created_by ?? me, made_at: at };
    const { engine, prompt, threshold } = taken;
    const found = { made_by: engine, made_at: at, prompt, threshold, confidence: annotation.confidence };
    return isCorrected(taken, annotation) ? { ...found, edited_by: me, edited_at: at } : found;
  }

  private publish(part: Partial<EditingState>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}
