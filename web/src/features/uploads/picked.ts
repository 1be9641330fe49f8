/** Files as people give them: dropped folders, picked files, archives; with the folder each belongs into (R9). */

export interface PickedFile {
  file: File;
  /** "/" or "/a/b". */
  folder: string;
}

export interface Picked {
  images: PickedFile[];
  archives: File[];
  /** Files that are neither, which are left out. */
  others: number;
  /** What the one folder is called that was given. */
  folderName: string;
}

const IMAGE = /\.(jpe?g|png|gif|bmp|webp|tiff?|hei[cf])$/i;
const ARCHIVE = /\.(zip|tar|tgz|tar\.gz)$/i;

export const IMAGE_TYPES = ".jpg,.jpeg,.png,.gif,.bmp,.webp,.tif,.tiff,.heic,.heif";
export const ARCHIVE_TYPES = ".zip,.tar,.tgz,.gz";

export const NOTHING: Picked = { images: [], archives: [], others: 0, folderName: "" };

/** Sort files with their paths, `signs/a/x.jpg`, into images and archives. */
export function sortPicked(files: ReadonlyArray<{ file: File; path: string }>): Picked {
  const root = commonRoot(files.map((each) => each.path));
  const picked: Picked = { images: [], archives: [], others: 0, folderName: root };
  for (const { file, path } of files) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/"))).slice(root.length);
    // A name that begins with "._" is macOS's note about a file, whatever its suffix.
    if (IMAGE.test(name) && !name.startsWith("._")) {
      picked.images.push({ file, folder: `/${folder.replace(/^\/+/, "")}` });
    } else if (ARCHIVE.test(name)) picked.archives.push(file);
    else picked.others += 1;
  }
  return picked;
}

/** The one folder that was given stands for the dataset; of several, each keeps its name, so that none collide. */
function commonRoot(paths: readonly string[]): string {
  const [first] = paths;
  const end = first?.indexOf("/") ?? -1;
  if (first === undefined || end < 0) return "";
  const root = first.slice(0, end + 1);
  return paths.every((path) => path.startsWith(root)) ? root.slice(0, -1) : "";
}

/** Return what was picked with an `<input type="file">`, of files or of a folder. */
export function pickedFrom(input: FileList | null): Picked {
  return sortPicked(
    Array.from(input ?? []).map((file) => ({ file, path: file.webkitRelativePath || file.name })),
  );
}

/** Return what was dropped, folders with all that is in them. */
export async function droppedFrom(transfer: DataTransfer): Promise<Picked> {
  // Taken at once: the list is empty after the first wait.
  const entries = Array.from(transfer.items)
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  // What comes from another page, and not from a disk, is files without a place.
  if (entries.length === 0) return pickedFrom(transfer.files);
  const found: Array<{ file: File; path: string }> = [];
  for (const entry of entries) await walk(entry, "", found);
  return sortPicked(found);
}

async function walk(
  entry: FileSystemEntry,
  above: string,
  found: Array<{ file: File; path: string }>,
): Promise<void> {
  const path = `${above}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ file, path });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  while (true) {
    // A hundred at a time, until there are none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const each of some) await walk(each, `${path}/`, found);
  }
}

export function joined(one: Picked, other: Picked): Picked {
  const known = new Set(one.images.map(keyOf));
  return {
    images: [...one.images, ...other.images.filter((each) => !known.has(keyOf(each)))],
    archives: [...one.archives, ...other.archives],
    others: one.others + other.others,
    folderName: one.folderName || other.folderName,
  };
}

function keyOf({ folder, file }: PickedFile): string {
  return `${folder}/${file.name}`;
}
