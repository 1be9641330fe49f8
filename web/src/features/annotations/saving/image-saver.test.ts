import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Annotation } from "@/canvas/scene";
import type { ImageStatus, StoredAnnotations } from "../documents";
import type { Draft, DraftKey, DraftStore, Wish } from "../journal/drafts";
import { recover } from "../journal/recovery";
import { ImageSaver, type SavedAnswer } from "./image-saver";
import type { SaveProblem } from "./save-machine";

class MemoryDrafts implements DraftStore {
  readonly drafts = new Map<string, Draft>();
  async put(draft: Draft) {
    this.drafts.set(key(draft), structuredClone(draft));
  }
  async remove(draft: DraftKey) {
    this.drafts.delete(key(draft));
  }
  async ofImage() {
    return [...this.drafts.values()];
  }
  ofPlace = this.ofImage;
}
const key = (draft: DraftKey) => [draft.place, draft.imageId, draft.baseVersion, draft.tab].join("|");

/** A server that holds one image; `refuse` makes it answer something else first. */
class Server {
  version = 3;
  annotations: readonly Annotation[] = [box("a")];
  refuse: SaveProblem | null = null;
  losesAnswers = false;
  received: string[][] = [];
  status: ImageStatus = "annotate";
  refuseStatus: SaveProblem | null = null;
  /** What happened, in its order. */
  log: string[] = [];

  async send(_id: string, annotations: readonly Annotation[], baseVersion: number): Promise<SavedAnswer> {
    if (this.refuse) throw this.refuse;
    if (baseVersion !== this.version) throw { kind: "conflict", message: "stale", fix: null };
    this.save(annotations);
    this.received.push(annotations.map((each) => each.id));
    this.log.push("saved");
    if (this.losesAnswers) throw OFFLINE;
    return { version: this.version, status: "annotate" };
  }
  save(annotations: readonly Annotation[]) {
    this.version += 1;
    this.annotations = structuredClone(annotations);
  }
  async setStatus(_id: string, { status }: Wish): Promise<void> {
    if (this.refuseStatus) throw this.refuseStatus;
    this.status = status;
    this.log.push(status);
  }
  async read(): Promise<StoredAnnotations> {
    return { version: this.version, annotations: this.annotations, provenance: {}, status: this.status };
  }
}

const OFFLINE: SaveProblem = { kind: "offline", message: "no server", fix: null };
let server: Server;
let drafts: MemoryDrafts;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  drafts = new MemoryDrafts();
});
afterEach(() => vi.useRealTimers());

function box(id: string, x = 0): Annotation {
  return { id, name: "car", type: "bbox", bounding_box: { x, y: 0, w: 10, h: 10 }, confidence: 1 };
}
async function open(tab = "one") {
  return new ImageSaver("image", await server.read(), {
    place: "here",
    tab,
    drafts,
    now: () => Date.now(),
    send: (id, annotations, version) => server.send(id, annotations, version),
    read: () => server.read(),
    problemOf: (error) => error as SaveProblem,
    onSaved: () => {},
    setStatus: (id, wish) => server.setStatus(id, wish),
    onWishSettled: (_id, _wish, refusal) => server.log.push(refusal === null ? "told" : "refused"),
    takenOf: () => ({}),
  });
}
const COMPLETE: Wish = { status: "complete", datasetName: "cars" };
const ids = (annotations: readonly Annotation[]) => annotations.map((each) => each.id);

test("a change is on the server within two seconds, once", async () => {
  const saver = await open();
  saver.change([box("a"), box("b")]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(server.received).toEqual([["a", "b"]]);
  expect(saver.getState().save).toMatchObject({ version: 4, changes: 0 });
});

test("a change is in the journal at once, and gone from it when saved", async () => {
  const saver = await open();
  saver.change([box("a"), box("b")]);
  await saver.journaled();
  const [draft] = await drafts.ofImage();
  expect(draft).toMatchObject({ baseVersion: 3, changes: 1, sent: null });
  expect(ids(draft?.annotations ?? [])).toEqual(["a", "b"]);
  await vi.advanceTimersByTimeAsync(2000);
  await saver.journaled();
  expect(drafts.drafts.size).toBe(0);
});

test("done and undone again is not sent", async () => {
  const saver = await open();
  saver.change([box("a"), box("b")]);
  saver.change([box("a")]);
  await vi.advanceTimersByTimeAsync(6000);
  await saver.journaled();
  expect(server.received).toEqual([]);
  expect(drafts.drafts.size).toBe(0);
  expect(saver.getState().save.changes).toBe(0);
});

test("offline: everything is kept, and sent when the server is back", async () => {
  server.refuse = OFFLINE;
  const saver = await open();
  saver.change([box("a"), box("b")]);
  await vi.advanceTimersByTimeAsync(10_000);
  saver.change([box("a"), box("b"), box("c")]);
  expect(saver.getState().save).toMatchObject({ changes: 2, problem: { kind: "offline" } });
  server.refuse = null;
  await vi.advanceTimersByTimeAsync(31_000);
  expect(server.annotations.map((each) => each.id)).toEqual(["a", "b", "c"]);
  expect(saver.getState().save.problem).toBeNull();
});

test("what changes while a save is on its way is saved after it", async () => {
  const saver = await open();
  saver.change([box("a"), box("b")]);
  const flushed = saver.flush();
  saver.change([box("a"), box("b"), box("c")]);
  await flushed;
  await vi.advanceTimersByTimeAsync(2000);
  expect(server.received).toEqual([
    ["a", "b"],
    ["a", "b", "c"],
  ]);
});

test("somebody else saved: both are there to see, and nothing is overwritten", async () => {
  const saver = await open();
  saver.change([box("a"), box("mine")]);
  server.save([box("a", 5)]);
  await vi.advanceTimersByTimeAsync(2000);
  const { conflict } = saver.getState();
  expect(ids(conflict?.base ?? [])).toEqual(["a"]);
  expect(conflict?.theirs).toMatchObject({ version: 4 });
  expect(ids(saver.annotations)).toEqual(["a", "mine"]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.received).toEqual([]);
  saver.settle([box("a", 5), box("mine")]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(server.received).toEqual([["a", "mine"]]);
  expect(saver.getState()).toMatchObject({ conflict: null, save: { version: 5, changes: 0 } });
});

test("a lost answer is no conflict", async () => {
  const saver = await open();
  server.losesAnswers = true;
  saver.change([box("a"), box("b")]);
  await vi.advanceTimersByTimeAsync(1100);
  server.losesAnswers = false;
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.received).toEqual([["a", "b"]]);
  expect(saver.getState()).toMatchObject({ conflict: null, save: { version: 4, changes: 0, problem: null } });
});

test("a version that moved without a difference is no conflict", async () => {
  const saver = await open();
  saver.change([box("a"), box("b")]);
  server.save([box("a")]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.received).toEqual([["a", "b"]]);
  expect(saver.getState()).toMatchObject({ conflict: null, save: { version: 5 } });
});

test("a killed tab: the next one goes on where it was", async () => {
  const killed = await open("killed");
  killed.change([box("a"), box("b")]);
  await killed.journaled();
  killed.close();
  const recovery = recover(await drafts.ofImage(), await server.read());
  if (recovery.kind !== "replay") throw new Error(recovery.kind);
  const next = await open("next");
  next.resume(recovery.draft);
  expect(ids(next.annotations)).toEqual(["a", "b"]);
  await vi.advanceTimersByTimeAsync(2000);
  await next.journaled();
  expect(server.received).toEqual([["a", "b"]]);
  expect(drafts.drafts.size).toBe(0);
});

test("a tab killed while it saved, and the save arrived", async () => {
  const killed = await open("killed");
  server.losesAnswers = true;
  killed.change([box("a"), box("b")]);
  await vi.advanceTimersByTimeAsync(1100);
  killed.change([box("a"), box("b"), box("c")]);
  await killed.journaled();
  killed.close();
  const recovery = recover(await drafts.ofImage(), await server.read());
  expect(recovery).toMatchObject({ kind: "replay", draft: { changes: 2 } });
});

test("a killed tab, and somebody saved since", async () => {
  const killed = await open("killed");
  killed.change([box("a"), box("b")]);
  await killed.journaled();
  killed.close();
  server.save([box("a", 9)]);
  const stored = await server.read();
  const recovery = recover(await drafts.ofImage(), stored);
  if (recovery.kind !== "conflict") throw new Error(recovery.kind);
  const next = await open("next");
  next.resumeConflict(recovery.draft, stored);
  expect(ids(next.annotations)).toEqual(["a", "b"]);
  expect(next.getState()).toMatchObject({
    conflict: { theirs: { version: 4 } },
    save: { problem: { kind: "conflict" } },
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.received).toEqual([]);
  next.settle([box("a", 9), box("b")]);
  await vi.advanceTimersByTimeAsync(2000);
  await next.journaled();
  expect(server.received).toEqual([["a", "b"]]);
  expect(drafts.drafts.size).toBe(0);
});

test("complete: the last changes first, then the status, and nothing stays in the journal", async () => {
  const saver = await open();
  saver.change([box("a"), box("b")]);
  saver.want(COMPLETE);
  expect(saver.isDone).toBe(false);
  await vi.advanceTimersByTimeAsync(10);
  await saver.journaled();
  expect(server.log).toEqual(["saved", "complete", "told"]);
  expect(saver.isDone).toBe(true);
  expect(drafts.drafts.size).toBe(0);
});

test("complete while the server is away: it is tried again until it is back", async () => {
  const saver = await open();
  server.refuseStatus = OFFLINE;
  saver.want(COMPLETE);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(saver.getState().wish).toMatchObject({ status: "complete", problem: { kind: "offline" } });
  server.refuseStatus = null;
  await vi.advanceTimersByTimeAsync(31_000);
  expect(server.log).toEqual(["complete", "told"]);
});

test("complete, and the server refuses: it is told once and not kept", async () => {
  const saver = await open();
  server.refuseStatus = { kind: "refused", message: "no", fix: null };
  saver.want(COMPLETE);
  await vi.advanceTimersByTimeAsync(60_000);
  await saver.journaled();
  expect(server.log).toEqual(["refused"]);
  expect(saver.isDone).toBe(true);
  expect(drafts.drafts.size).toBe(0);
});

test("of two statuses the last one counts", async () => {
  const saver = await open();
  saver.want(COMPLETE);
  saver.want({ ...COMPLETE, status: "review" });
  await vi.advanceTimersByTimeAsync(10);
  expect(server.status).toBe("review");
});

test.each([
  ["with changes that were not saved", [box("a"), box("b")], ["saved", "complete", "told"]],
  ["with everything saved but the status", [box("a")], ["complete", "told"]],
])("a killed tab: complete is not lost, %s", async (_what, annotations, log) => {
  const killed = await open("killed");
  server.refuse = OFFLINE;
  server.refuseStatus = OFFLINE;
  if (annotations.length > 1) killed.change(annotations);
  killed.want(COMPLETE);
  await vi.advanceTimersByTimeAsync(10);
  await killed.journaled();
  killed.close();
  server.refuse = null;
  server.refuseStatus = null;
  const recovery = recover(await drafts.ofImage(), await server.read());
  const next = await open("next");
  if (recovery.kind === "replay") next.resume(recovery.draft);
  else if (recovery.kind === "wish") next.resumeWish(recovery.draft);
  await vi.advanceTimersByTimeAsync(2000);
  await next.journaled();
  expect(server.log).toEqual(log);
  expect(drafts.drafts.size).toBe(0);
});

test("complete waits for a conflict to be settled", async () => {
  const saver = await open();
  saver.change([box("a"), box("mine")]);
  server.save([box("a", 5)]);
  saver.want(COMPLETE);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.log).toEqual([]);
  saver.settle([box("a", 5)]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(server.log).toEqual(["complete", "told"]);
});

test("a journal that cannot be written is said", async () => {
  drafts.put = () => Promise.reject(new Error("full"));
  const saver = await open();
  saver.change([box("b")]);
  await saver.journaled();
  expect(saver.getState().journalFails).toBe(true);
});
