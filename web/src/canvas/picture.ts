/** Loads images, keeps the last few (also those fetched ahead), and smaller copies of large ones for fast painting. */
import type { Size } from "./math/point";

/** The image at full size and at halves of it, largest first. */
export interface Picture {
  readonly levels: readonly { readonly source: CanvasImageSource; readonly size: Size }[];
}

/** The current image, the one before and the next two, some with a placeholder. */
const KEPT = 6;
/** Images up to this long side are painted as they are. */
const SMALL_SIDE = 2048;

interface Kept {
  readonly image: HTMLImageElement;
  readonly picture: Promise<Picture>;
  /** Whether somebody looks at it, not only may do so soon. */
  isWanted: boolean;
}

const pictures = new Map<string, Kept>();

/** Return the picture at an address; from memory if it was among the last few asked for. */
export function loadPicture(url: string): Promise<Picture> {
  const kept = keep(url);
  kept.isWanted = true;
  return kept.picture;
}

/** Load and decode the next image ahead; the function that comes back gives it up, if nobody has asked for it meanwhile. */
export function prefetchPicture(url: string): () => void {
  const kept = keep(url);
  return () => {
    if (kept.isWanted || kept.image.complete) return;
    forget(url, kept);
    kept.image.src = "";
  };
}

function keep(url: string): Kept {
  const kept = pictures.get(url) ?? begin(url);
  pictures.delete(url);
  pictures.set(url, kept);
  for (const oldest of pictures.keys()) {
    if (pictures.size <= KEPT) break;
    pictures.delete(oldest);
  }
  return kept;
}

function begin(url: string): Kept {
  const image = new Image();
  image.decoding = "async";
  image.src = url;
  const kept = { image, picture: decode(image), isWanted: false };
  // One that failed is asked for again the next time.
  kept.picture.catch(() => forget(url, kept));
  return kept;
}

function forget(url: string, kept: Kept): void {
  if (pictures.get(url) === kept) pictures.delete(url);
}

/** Return the smallest copy that has a pixel for each of the screen's. */
export function levelFor(picture: Picture, wanted: Size): Picture["levels"][number] | undefined {
  const enough = picture.levels.filter(
    ({ size }) => size.width >= wanted.width && size.height >= wanted.height,
  );
  return enough.at(-1) ?? picture.levels[0];
}

async function decode(image: HTMLImageElement): Promise<Picture> {
  await image.decode();
  const full = { width: image.naturalWidth, height: image.naturalHeight };
  const levels: { source: CanvasImageSource; size: Size }[] = [{ source: image, size: full }];
  let { width, height } = full;
  while (Math.max(width, height) > SMALL_SIDE) {
    [width, height] = [Math.ceil(width / 2), Math.ceil(height / 2)];
    const source = await createImageBitmap(image, {
      resizeWidth: width,
      resizeHeight: height,
      resizeQuality: "medium",
    });
    levels.push({ source, size: { width, height } });
  }
  return { levels };
}
