/** Settings of files that are served without the application. */

/** `static-map = /mountpoint=/directory`; `directory` is absolute. */
export interface StaticMap {
  readonly mountpoint: string;
  readonly directory: string;
}

/** What is served from files, and how. */
export interface StaticSettings {
  readonly maps: readonly StaticMap[];
}

/** Nothing is served from files. */
export function noStatics(): { maps: StaticMap[] } {
  return { maps: [] };
}

/** With its paths made absolute. */
export function finishStatics(
  statics: StaticSettings,
  inChdir: (path: string) => string,
): StaticSettings {
  return {
    ...statics,
    maps: statics.maps.map((map) => ({ ...map, directory: inChdir(map.directory) })),
  };
}
