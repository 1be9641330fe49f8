import { Outlet } from "@tanstack/react-router";

export function OrganizationLayout() {
  return <Outlet />;
}
