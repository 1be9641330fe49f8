/** The images of a list by their number: pages are asked for where people look. */

import {
  keepPreviousData,
  useInfiniteQuery,
  useQueries,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { DatasetImage, ImageFilter, ImageList } from "../api";
import { imageKeys, imagePageQuery, PAGE_SIZE, pageBehind } from "../api";

export interface ImagePages {
  /** Cells to show: all images where their number is known, else those that are loaded and a page that is not. */
  count: number;
  /** How many match, null where that is not known. */
  total: number | null;
  /** Whether every image can be jumped to. */
  isWhole: boolean;
  at: (index: number) => DatasetImage | undefined;
  /** Say which cells are on screen. */
  look: (first: number, last: number) => void;
  isPending: boolean;
  problem: Error | null;
  retry: () => void;
}

/** Scrolling past pages asks for none of them. */
const SETTLE_MS = 60;

export function useImagePages(name: string, list: ImageFilter): ImagePages {
  const first = useQuery(imagePageQuery(name, list, 0));
  const hasOffsets = first.data?.has_offsets ?? true;
  const byOffset = usePagesByOffset(name, list, first.data, hasOffsets);
  const byCursor = usePagesByCursor(name, list, !hasOffsets);
  const pages = hasOffsets ? byOffset : byCursor;
  return {
    ...pages,
    isWhole: hasOffsets,
    isPending: first.isPending,
    problem: first.error ?? pages.problem,
    retry: () => void first.refetch(),
  };
}

type Pages = Pick<ImagePages, "count" | "total" | "at" | "look" | "problem">;

function usePagesByOffset(
  name: string,
  list: ImageFilter,
  first: ImageList | undefined,
  isOn: boolean,
): Pages {
  const client = useQueryClient();
  const [wanted, setWanted] = useState<readonly number[]>([]);
  const timer = useRef<number>(undefined);
  const total = first === undefined ? 0 : (first.total ?? first.images.length);

  const look = useCallback((from: number, to: number) => {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      const pages = pagesBetween(from, to);
      setWanted((before) => (before.join() === pages.join() ? before : pages));
    }, SETTLE_MS);
  }, []);
  useEffect(() => () => window.clearTimeout(timer.current), []);

  const pages = wanted.filter((page) => page > 0 && page * PAGE_SIZE < total);
  const found = useQueries({
    queries: isOn ? pages.map((page) => imagePageQuery(name, list, page)) : [],
    // The grid is drawn again when a page has come.
    combine: useCallback(
      (results: Array<{ dataUpdatedAt: number; error: Error | null }>) => ({
        stamp: results.reduce((sum, each) => sum + each.dataUpdatedAt, 0),
        problem: results.find((each) => each.error)?.error ?? null,
      }),
      [],
    ),
  });

  // What has left the screen is in the cache for a while.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the cache is read anew when a page has come
  const at = useMemo(() => {
    const known = new Map<number, ImageList | undefined>();
    return (index: number) => {
      const page = Math.floor(index / PAGE_SIZE);
      if (!known.has(page)) {
        known.set(page, client.getQueryData<ImageList>(imageKeys.page(name, list, page)));
      }
      return known.get(page)?.images[index - page * PAGE_SIZE];
    };
  }, [client, name, list, first, found.stamp]);

  return { count: total, total: first === undefined ? null : total, at, look, problem: found.problem };
}

function usePagesByCursor(name: string, list: ImageFilter, isOn: boolean): Pages {
  const found = useInfiniteQuery({
    queryKey: imageKeys.pages(name, list),
    enabled: isOn,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) => pageBehind(name, list, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  const { data, hasNextPage, isFetching, fetchNextPage } = found;
  const images = useMemo(() => data?.pages.flatMap((page) => page.images) ?? [], [data]);
  const [last, setLast] = useState(0);
  // A page may be short, even empty, before the last one.
  useEffect(() => {
    if (isOn && hasNextPage && !isFetching && last > images.length - PAGE_SIZE) void fetchNextPage();
  }, [isOn, hasNextPage, isFetching, fetchNextPage, last, images.length]);
  const at = useCallback((index: number) => images[index], [images]);
  const look = useCallback((_from: number, to: number) => setLast(to), []);
  return {
    count: images.length + (hasNextPage ? PAGE_SIZE : 0),
    total: hasNextPage ? (data?.pages[0]?.total ?? null) : images.length,
    at,
    look,
    problem: found.error,
  };
}

function pagesBetween(from: number, to: number): number[] {
  const first = Math.max(0, Math.floor(from / PAGE_SIZE));
  const last = Math.max(first, Math.floor(to / PAGE_SIZE));
  return Array.from({ length: last - first + 1 }, (_, step) => first + step);
}
