import { Outlet } from "@tanstack/react-router";

export function DatasetLayout() {
  return <Outlet />;
}
