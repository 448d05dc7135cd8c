import { existsSync } from "node:fs";
import type { Settings } from "../settings/settings.ts";
import type { Place } from "../source.ts";

/**
 * The outside world does not allow the start: a port in use, a directory that is missing. Thrown
 * while the server is prepared, caught where what was made so far is undone.
 */
export class StartFailure extends Error {
  readonly reason: string;
  readonly place: Place | undefined;

  /** @param reason what is wrong, what was expected, what to do; @param place where it was configured */
  constructor(reason: string, place: Place | undefined) {
    super(startMessage(reason, place));
    this.name = "StartFailure";
    this.reason = reason;
    this.place = place;
  }
}

/** `file:line:column: error: …`, or without the place where the setting is a default. */
export function startMessage(reason: string, place: Place | undefined): string {
  const where = place ? `${place.file}:${place.line}:${place.column}: ` : "";
  return `${where}error: ${reason}`;
}

/** Where a setting was written; undefined for a default. */
export function settingPlace(settings: Settings, field: keyof Settings): Place | undefined {
  return settings.places[field];
}

/** The `code` of a system error such as ENOENT; the empty string for anything else. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** What a system error says, without its stack. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a process could not be started: the system says the same where its directory is gone as of a missing program. */
export function spawnText(error: Error, directory: string): string {
  if (errorCode(error) !== "ENOENT" || existsSync(directory)) return errorText(error);
  return `the directory ${directory} is not there any more`;
}
