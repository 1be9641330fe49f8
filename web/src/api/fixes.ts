/** What to do next, for people: the server's own advice where it is meant for them too, else what the pages offer. */

const GONE = "It may have been deleted meanwhile. Go back to the list to see what there is.";
const SOON = "It is not ready yet: wait a moment and try again.";

/** By code: refusals whose advice names calls of the Python client. */
const FOR_PEOPLE: Readonly<Record<string, string>> = {
  annotation_version_not_found: GONE,
  api_key_not_found: GONE,
  batch_not_found: GONE,
  cells_not_kept: "“Measure again”, at the top, notes them.",
  class_change_not_found: GONE,
  class_exists: "Merge the one into the other in the class list, or choose another name.",
  dataset_not_found: "It may have been renamed or deleted. The list of datasets shows those there are.",
  evaluation_not_found: GONE,
  export_not_found: GONE,
  export_not_ready: SOON,
  folder_not_found: "It may have been renamed, moved or emptied. The folder tree shows those there are.",
  image_not_found: "It may have been deleted or moved meanwhile. Go back to the dataset.",
  import_not_found: GONE,
  import_not_ready: SOON,
  import_too_large:
    "Cancel imports that nobody goes on with, on the page of jobs, or delete what is not needed.",
  invite_not_found: "Ask whoever invited you for a new invite.",
  job_not_found: GONE,
  member_not_found: "They may have left or been removed meanwhile.",
  model_not_found: GONE,
  model_not_ready: "Wait until its training has ended, then try again.",
  no_matching_images: "Upload some images first, or change the filter.",
  organization_not_found: "It may have been deleted, or you are no longer a member of it.",
  over_max_credits: "There are more images than were quoted. Look at the new quote, then start again.",
  pipeline_not_found: GONE,
  reviewer_not_found: "Choose one of the organisation's members.",
  sign_in_refused: "Check both. “Forgotten password”, below, says how to get a new one.",
  too_many_imports: "Wait until one is over, or cancel one on the page of jobs.",
  training_run_not_found: GONE,
  version_not_found: GONE,
  version_not_ready: SOON,
  version_restore_not_found: "Restore the version again.",
  video_not_found: "Upload the video again.",
};

/** Return what a person at a page should do about a refusal; null where nobody knows better than the refusal. */
export function fixForPeople(code: string, fix: string | null): string | null {
  if (fix === null || !isForPrograms(fix)) return fix;
  return FOR_PEOPLE[code] ?? null;
}

/** Advice that names the Python client's calls, or a file of the documentation, which no page can open. */
export function isForPrograms(fix: string): boolean {
  return /`client\.|\bdocs\//.test(fix);
}
