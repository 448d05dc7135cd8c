/** What a misspelt name of the routes was probably meant to be. */
import { editDistance } from "../../options/find.ts";

/** Slips in a name that still lets one guess. */
const SLIPS = 2;

/** A help text: the name that is nearest, or where all of them are listed. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate, SLIPS) }))
    .filter(({ candidate, distance }) => distance <= SLIPS && distance < candidate.length - 1)
    .sort((a, b) => a.distance - b.distance);
  const [first] = near;
  return first ? `did you mean \`${first.candidate}\`?` : "docs/routing.md lists what there is";
}
