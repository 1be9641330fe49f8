import { Page } from "@/ui/page";

export function GalleryPage() {
  return <Page title="Gallery">…</Page>;
}
