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

const pictures = new Map<string, Promise<Picture>>();

/** Return the picture at an address; from memory if it was among the last few asked for. */
export function loadPicture(url: string): Promise<Picture> {
  const known = pictures.get(url);
  const picture = known ?? decode(url);
  pictures.delete(url);
  pictures.set(url, picture);
  // A failed one is asked for again the next time.
  picture.catch(() => pictures.delete(url));
  for (const oldest of pictures.keys()) {
    if (pictures.size <= KEPT) break;
    pictures.delete(oldest);
  }
  return picture;
}

/** Load the next image ahead, so that it is there when somebody goes on. */
export function prefetchPicture(url: string): void {
  loadPicture(url).catch(() => undefined);
}

/** Return the smallest copy that has a pixel for each of the screen's. */
export function levelFor(picture: Picture, wanted: Size): Picture["levels"][number] | undefined {
  const enough = picture.levels.filter(
    ({ size }) => size.width >= wanted.width && size.height >= wanted.height,
  );
  return enough.at(-1) ?? picture.levels[0];
}

async function decode(url: string): Promise<Picture> {
  const image = new Image();
  image.decoding = "async";
  image.src = url;
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
