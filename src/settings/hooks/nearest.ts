/** The name that a misspelt one was probably meant to be. */
import { editDistance } from "../../options/find.ts";

/** Slips in a name that still let one guess. */
const SLIPS = 2;

/** A help text; undefined when no name is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [first] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate, SLIPS) }))
    .filter(({ candidate, distance }) => distance <= SLIPS && distance < candidate.length - 1)
    .sort((a, b) => a.distance - b.distance);
  return first && `did you mean \`${first.candidate}\`?`;
}
