/** Drafts in IndexedDB: written by the browser's own process, so that they outlive a killed tab. */

import type { Draft, DraftKey, DraftStore } from "./drafts";

const DATABASE = "pictograph";
const STORE = "drafts";

export class IndexedDrafts implements DraftStore {
  private opened: Promise<IDBDatabase> | null = null;

  async put(draft: Draft): Promise<void> {
    await this.change((store) => store.put(draft, keyOf(draft)));
  }

  async remove(draft: DraftKey): Promise<void> {
    await this.change((store) => store.delete(keyOf(draft)));
  }

  ofImage(place: string, imageId: string): Promise<Draft[]> {
    return this.read(IDBKeyRange.bound([place, imageId], [place, imageId, []]));
  }

  ofPlace(place: string): Promise<Draft[]> {
    return this.read(IDBKeyRange.bound([place], [place, []]));
  }

  private async read(range: IDBKeyRange): Promise<Draft[]> {
    const database = await this.database();
    return await answerOf<Draft[]>(database.transaction(STORE).objectStore(STORE).getAll(range));
  }

  private async change(act: (store: IDBObjectStore) => IDBRequest): Promise<void> {
    const database = await this.database();
    const transaction = database.transaction(STORE, "readwrite");
    act(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  private database(): Promise<IDBDatabase> {
    this.opened ??= open().catch((error: unknown) => {
      this.opened = null;
      throw error;
    });
    return this.opened;
  }
}

/** An array sorts behind every number and text, so that `[place, imageId, []]` ends all keys of an image. */
function keyOf(draft: DraftKey): IDBValidKey {
  return [draft.place, draft.imageId, draft.baseVersion, draft.tab];
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answerOf(request);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
