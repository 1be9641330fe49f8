/** Every page and its address. A page's code is loaded when it is first opened. */

import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { parseEditorSearch } from "@/features/annotations/search";
import { creditSearch } from "@/features/credits/search";
import { parseDatasetListSearch } from "@/features/datasets/search";
import { evaluationSearch } from "@/features/evaluations/search";
import { exportSearch } from "@/features/exports/search";
import { parseGallerySearch } from "@/features/images/search";
import { jobsSearch } from "@/features/jobs/search";
import { modelListSearch, modelSearch } from "@/features/models/search";
import { auditSearch, membersSearch } from "@/features/organizations/search";
import { newPipelineSearch, pipelineListSearch } from "@/features/pipelines/search";
import { reviewSearch } from "@/features/review/search";
import { sessionQuery } from "@/features/session/api";
import { signInSearch } from "@/features/session/search";
import { compareSearch, newTrainingSearch, trainingListSearch } from "@/features/training/search";
import { NoSuchPage } from "./page-states";
import { Shell } from "./shell/shell";
import { SignedIn } from "./signed-in";

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NoSuchPage,
});

/** Pages for people who signed in; others are sent to sign in and come back. */
const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  component: SignedIn,
  beforeLoad: async ({ context, location }) => {
    if ((await context.queryClient.ensureQueryData(sessionQuery)) === null) {
      throw redirect({ to: "/sign-in", search: { next: location.href } });
    }
  },
});

/** Pages with the navigation beside them. */
const shellRoute = createRoute({ getParentRoute: () => signedInRoute, id: "shell", component: Shell });

const homeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/pipelines/pages/home-page"), "HomePage"),
});

const pipelinesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/pipelines",
  validateSearch: pipelineListSearch,
  component: lazyRouteComponent(
    () => import("@/features/pipelines/pages/pipeline-list-page"),
    "PipelineListPage",
  ),
});

const newPipelineRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/pipelines/new",
  validateSearch: newPipelineSearch,
  component: lazyRouteComponent(
    () => import("@/features/pipelines/pages/new-pipeline-page"),
    "NewPipelinePage",
  ),
});

const pipelineRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/pipelines/$runId",
  component: lazyRouteComponent(() => import("@/features/pipelines/pages/pipeline-page"), "PipelinePage"),
});

const datasetsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/datasets",
  validateSearch: parseDatasetListSearch,
  component: lazyRouteComponent(
    () => import("@/features/datasets/pages/dataset-list-page"),
    "DatasetListPage",
  ),
});

const datasetRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/datasets/$name",
  component: lazyRouteComponent(() => import("@/features/datasets/pages/dataset-layout"), "DatasetLayout"),
});

const galleryRoute = createRoute({
  getParentRoute: () => datasetRoute,
  path: "/",
  validateSearch: parseGallerySearch,
  component: lazyRouteComponent(() => import("@/features/images/pages/gallery-page"), "GalleryPage"),
});

const classesRoute = createRoute({
  getParentRoute: () => datasetRoute,
  path: "classes",
  component: lazyRouteComponent(() => import("@/features/datasets/pages/classes-page"), "ClassesPage"),
});

const statisticsRoute = createRoute({
  getParentRoute: () => datasetRoute,
  path: "statistics",
  component: lazyRouteComponent(() => import("@/features/datasets/pages/statistics-page"), "StatisticsPage"),
});

const duplicatesRoute = createRoute({
  getParentRoute: () => datasetRoute,
  path: "duplicates",
  component: lazyRouteComponent(() => import("@/features/images/pages/duplicates-page"), "DuplicatesPage"),
});

const versionsRoute = createRoute({
  getParentRoute: () => datasetRoute,
  path: "versions",
  component: lazyRouteComponent(() => import("@/features/datasets/pages/versions-page"), "VersionsPage"),
});

const trashRoute = createRoute({
  getParentRoute: () => datasetRoute,
  path: "trash",
  component: lazyRouteComponent(() => import("@/features/images/pages/trash-page"), "TrashPage"),
});

const datasetSettingsRoute = createRoute({
  getParentRoute: () => datasetRoute,
  path: "settings",
  component: lazyRouteComponent(
    () => import("@/features/datasets/pages/dataset-settings-page"),
    "DatasetSettingsPage",
  ),
});

const reviewRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/datasets/$name/review",
  validateSearch: reviewSearch,
  component: lazyRouteComponent(() => import("@/features/review/pages/review-page"), "ReviewPage"),
});

const editorRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/datasets/$name/images/$imageId",
  validateSearch: parseEditorSearch,
  component: lazyRouteComponent(() => import("@/features/annotations/pages/editor-page"), "EditorPage"),
});

const trainingRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/training",
  validateSearch: trainingListSearch,
  component: lazyRouteComponent(
    () => import("@/features/training/pages/training-list-page"),
    "TrainingListPage",
  ),
});

const newTrainingRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/training/new",
  validateSearch: newTrainingSearch,
  component: lazyRouteComponent(
    () => import("@/features/training/pages/new-training-page"),
    "NewTrainingPage",
  ),
});

const compareTrainingRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/training/compare",
  validateSearch: compareSearch,
  component: lazyRouteComponent(
    () => import("@/features/training/pages/compare-training-page"),
    "CompareTrainingPage",
  ),
});

const trainingRunRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/training/$runId",
  component: lazyRouteComponent(
    () => import("@/features/training/pages/training-run-page"),
    "TrainingRunPage",
  ),
});

const modelsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/models",
  validateSearch: modelListSearch,
  component: lazyRouteComponent(() => import("@/features/models/pages/model-list-page"), "ModelListPage"),
});

const modelRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/models/$modelId",
  validateSearch: modelSearch,
  component: lazyRouteComponent(() => import("@/features/models/pages/model-page"), "ModelPage"),
});

const evaluationRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/models/$modelId/evaluations/$evaluationId",
  validateSearch: evaluationSearch,
  component: lazyRouteComponent(
    () => import("@/features/evaluations/pages/evaluation-page"),
    "EvaluationPage",
  ),
});

const exportsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/exports",
  validateSearch: exportSearch,
  component: lazyRouteComponent(() => import("@/features/exports/pages/export-list-page"), "ExportListPage"),
});

const jobsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/jobs",
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import("@/features/jobs/pages/jobs-page"), "JobsPage"),
});

const creditsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/credits",
  validateSearch: creditSearch,
  component: lazyRouteComponent(() => import("@/features/credits/pages/credits-page"), "CreditsPage"),
});

const organizationRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/organization",
  component: lazyRouteComponent(
    () => import("@/features/organizations/pages/organization-layout"),
    "OrganizationLayout",
  ),
});

const organizationSettingsRoute = createRoute({
  getParentRoute: () => organizationRoute,
  path: "/",
  component: lazyRouteComponent(
    () => import("@/features/organizations/pages/organization-settings-page"),
    "OrganizationSettingsPage",
  ),
});

const membersRoute = createRoute({
  getParentRoute: () => organizationRoute,
  path: "members",
  validateSearch: membersSearch,
  component: lazyRouteComponent(() => import("@/features/organizations/pages/members-page"), "MembersPage"),
});

const invitesRoute = createRoute({
  getParentRoute: () => organizationRoute,
  path: "invites",
  component: lazyRouteComponent(() => import("@/features/organizations/pages/invites-page"), "InvitesPage"),
});

const apiKeysRoute = createRoute({
  getParentRoute: () => organizationRoute,
  path: "api-keys",
  component: lazyRouteComponent(() => import("@/features/organizations/pages/api-keys-page"), "ApiKeysPage"),
});

const auditRoute = createRoute({
  getParentRoute: () => organizationRoute,
  path: "audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("@/features/organizations/pages/audit-page"), "AuditPage"),
});

const accountRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/account",
  component: lazyRouteComponent(() => import("@/features/account/pages/account-page"), "AccountPage"),
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import("@/features/session/pages/sign-in-page"), "SignInPage"),
});

export const routeTree = rootRoute.addChildren([
  signInRoute,
  signedInRoute.addChildren([
    shellRoute.addChildren([
      homeRoute,
      pipelinesRoute,
      newPipelineRoute,
      pipelineRoute,
      datasetsRoute,
      datasetRoute.addChildren([
        galleryRoute,
        classesRoute,
        statisticsRoute,
        duplicatesRoute,
        versionsRoute,
        trashRoute,
        datasetSettingsRoute,
      ]),
      trainingRoute,
      newTrainingRoute,
      compareTrainingRoute,
      trainingRunRoute,
      modelsRoute,
      modelRoute,
      evaluationRoute,
      exportsRoute,
      jobsRoute,
      creditsRoute,
      organizationRoute.addChildren([
        organizationSettingsRoute,
        membersRoute,
        invitesRoute,
        apiKeysRoute,
        auditRoute,
      ]),
      accountRoute,
    ]),
    reviewRoute,
    editorRoute,
  ]),
]);
