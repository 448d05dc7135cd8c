/** Settings and options whose whole text is kept in golden/; real nginx checks each as well. */
import type { NginxOptions } from "../../src/generate/nginx.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { settingsWith, socket, socketAt } from "./settings.ts";

export interface GoldenCase {
  readonly settings: Settings;
  readonly options: NginxOptions;
}

/** By the name of the file in golden/, without its ending. */
export const goldenCases: { readonly [name: string]: GoldenCase } = {
  "uwsgi-unix": {
    settings: settingsWith({
      sockets: [socketAt("uwsgi", "/run/app/app.sock"), socketAt("http", 8000)],
      statics: { maps: [{ mountpoint: "/static", directory: "/srv/app/static" }] },
      harakiri: 30,
      limitPost: 10_485_760,
    }),
    options: { serverName: "example.org www.example.org" },
  },
  "uwsgi-tcp6-inside": {
    settings: settingsWith({
      sockets: [socket("uwsgi", { kind: "tcp", host: "::", port: 3031, family: 6 }, "[::]:3031")],
      bufferSize: 32_768,
    }),
    options: {},
  },
  "http-tcp": {
    settings: settingsWith({
      sockets: [
        socket("http-socket", { kind: "tcp", host: "0.0.0.0", port: 8000, family: 4 }, ":8000"),
      ],
      harakiri: 60,
    }),
    options: { serverName: "example.org", listen: "127.0.0.1:8080" },
  },
  "fastcgi-unix": {
    settings: settingsWith({
      sockets: [socketAt("fastcgi", "/run/app/app.sock")],
      statics: { maps: [{ mountpoint: "/static", directory: "/srv/app/static" }] },
      harakiri: 30,
    }),
    options: { serverName: "example.org" },
  },
  "scgi-tcp-inside": {
    settings: settingsWith({ sockets: [socketAt("scgi", 4000)] }),
    options: {},
  },
  "http-unix-odd-names": {
    settings: settingsWith({
      sockets: [socketAt("http", '/run/my "app"/{x};y.sock')],
      statics: {
        maps: [
          { mountpoint: "/a b/", directory: '/srv/a "b" \\c;/' },
          { mountpoint: "/price", directory: "/srv/$price" },
          { mountpoint: "/", directory: "/srv/all" },
          { mountpoint: "/twice", directory: "/srv/one" },
          { mountpoint: "/twice/", directory: "/srv/two" },
          { mountpoint: "bare", directory: "/srv/bare" },
        ],
      },
    }),
    options: {},
  },
};
