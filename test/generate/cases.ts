/** Settings and options whose whole text is kept in golden/; real nginx checks each as well. */
import type { NginxOptions } from "../../src/generate/nginx.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { noStatics } from "../../src/settings/static-settings.ts";
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
      statics: { ...noStatics(), maps: [{ mountpoint: "/static", directory: "/srv/app/static" }] },
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
  "https-tcp": {
    settings: settingsWith({
      sockets: [
        { ...socketAt("http-to-https", 8080), redirectPort: "" },
        {
          ...socketAt("https", 8443),
          tls: {
            identity: { certificate: "/c", key: "/k", ciphers: undefined, clientCa: undefined },
            http2: true,
          },
        },
      ],
    }),
    options: { serverName: "example.org" },
  },
  "fastcgi-unix": {
    settings: settingsWith({
      sockets: [socketAt("fastcgi", "/run/app/app.sock")],
      statics: { ...noStatics(), maps: [{ mountpoint: "/static", directory: "/srv/app/static" }] },
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
        ...noStatics(),
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
  "static-all": {
    settings: settingsWith({
      sockets: [socketAt("http-socket", 8000)],
      statics: {
        ...noStatics(),
        checks: ["/srv/app/public"],
        maps: [{ mountpoint: "/static", directory: "/srv/app/static" }],
        wholeMaps: [{ mountpoint: "/media/", directory: "/srv/app/files" }],
        docroot: true,
        index: ["index.html", "main page.html"],
        safe: ["/srv/shared"],
        expires: [
          { subject: "type", pattern: "text/css", seconds: 60, fromChange: false },
          { subject: "file", pattern: "(?i)\\.png$", seconds: 3600, fromChange: false },
          { subject: "file", pattern: "a{2}", seconds: 7200, fromChange: false },
          { subject: "file", pattern: "a{2}", seconds: 1, fromChange: false },
          { subject: "uri", pattern: "[?]v=\\d+$", seconds: 86_400, fromChange: false },
        ],
        gzipPrefixes: ["/srv/app/static/"],
        serveMode: "x-accel-redirect",
      },
    }),
    options: { serverName: "example.org" },
  },
  "static-left": {
    settings: settingsWith({
      sockets: [socketAt("http-socket", 8000)],
      statics: {
        ...noStatics(),
        maps: [{ mountpoint: "/static", directory: "/srv/app/static" }],
        skipEnds: [".php"],
      },
    }),
    options: { serverName: "example.org" },
  },
  "static-expires-mixed": {
    settings: settingsWith({
      sockets: [socketAt("http-socket", 8000)],
      statics: {
        ...noStatics(),
        maps: [{ mountpoint: "/static", directory: "/srv/app/static" }],
        expires: [
          { subject: "type", pattern: "text/css", seconds: 60, fromChange: false },
          { subject: "path-info", pattern: "^/", seconds: 60, fromChange: true },
        ],
      },
    }),
    options: { serverName: "example.org" },
  },
  "static-expires-mtime": {
    settings: settingsWith({
      sockets: [socketAt("http-socket", 8000)],
      statics: {
        ...noStatics(),
        maps: [{ mountpoint: "/static", directory: "/srv/app/static" }],
        gzipEnds: [".css"],
        gzipAll: true,
        expires: [{ subject: "path-info", pattern: "^/", seconds: 60, fromChange: true }],
      },
    }),
    options: {},
  },
};
