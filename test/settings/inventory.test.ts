import { describe, expect, test } from "vitest";
import { catalogue } from "../../src/options/catalogue.ts";
import { ownFlags, ownValued } from "../../src/options/own.ts";
import { directiveOf } from "../../src/resolve/directive.ts";
import { honoured, isAccepted } from "../../src/settings/honoured.ts";
import { inventory, knownOption } from "../../src/settings/inventory.ts";

const names = inventory.flatMap(({ name, aliases }) => [name, ...aliases]);

describe("the inventory", () => {
  test("has every name of uWSGI's and tsuwsgi's own once", () => {
    const theirs = catalogue.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(theirs).toHaveLength(1332);
    expect(names.toSorted()).toEqual([...theirs, ...ownFlags, ...ownValued].toSorted());
  });

  test.each([
    ["processes", "supported"],
    ["workers", "supported"],
    ["lenient", "supported"],
    ["if-env", "supported"],
    ["inherit", "supported"],
    ["thunder-lock", "moot"],
    ["plugin-dir", "moot"],
    ["mules", "refused"],
    ["log-alarm", "refused"],
    ["auto-procname", "moot"],
    ["ignore-write-errors", "supported"],
    ["else", "refused"],
  ])("%s is %s", (name, status) => {
    expect(knownOption(name)?.status).toBe(status);
    expect(isAccepted(name)).toBe(status !== "refused");
  });

  test("does not know what is no option", () => {
    expect(knownOption("constructor")).toBeUndefined();
    expect(isAccepted("proceses")).toBe(false);
  });

  test("knows all that steers the reading as supported", () => {
    const steering = names.filter((name) => directiveOf(name) !== undefined && name !== "else");
    expect(steering.length).toBeGreaterThan(30);
    expect(steering.filter((name) => knownOption(name)?.status !== "supported")).toEqual([]);
  });
});

describe("what is said of an option", () => {
  test("is one sentence on what it does, in fewer than 100 letters", () => {
    const wrong = inventory.filter(({ summary }) => !/^(?:uWSGI|[A-Z]).{2,98}\.$/.test(summary));
    expect(wrong.map(({ name, summary }) => `${name}: ${summary}`)).toEqual([]);
  });

  test("tells why, of all that is moot and of nothing else", () => {
    const wrong = honoured.filter(({ status, why }) => (status === "moot") !== (why !== undefined));
    expect(wrong.map(({ name }) => name)).toEqual([]);
    const faulty = honoured.filter(
      ({ why }) => why !== undefined && !/^\S.{10,100}[^.]$/.test(why),
    );
    expect(faulty.map(({ name, why }) => `${name}: ${why}`)).toEqual([]);
  });
});

describe("a refused option", () => {
  const topic = (name: string) => knownOption(name)?.refusal?.topic;

  test.each([
    ["emperor-broodlord", "the emperor and its vassals"],
    ["vassals-cap", "the emperor and its vassals"],
    ["mount-as-vassal", "commands and mounts before a vassal starts"],
    ["php-set", "PHP applications"],
    ["spooler-processes", "the spooler"],
    ["curl-cron", "timed requests"],
    ["legion-cron", "legions of servers"],
    ["mule", "mules"],
    ["cache2", "uWSGI's cache"],
    ["webdav-mount", "files from other storages"],
    ["pull-header", "header fields that uWSGI keeps from answers"],
    ["legion-attach-daemon", "legions of servers"],
    ["ugreen", "asynchronous loops and green threads"],
    ["fastrouter-subscription-server", "subscriptions to a router"],
    ["fastrouter-harakiri", "routers to other servers"],
    ["carbon-timeout", "monitoring and alarms"],
    ["worker-exec", "commands that uWSGI runs"],
    ["so-send-timeout", "settings of sockets"],
    ["map-socket", "other protocols and kinds of sockets"],
    ["http-harakiri", "uWSGI's HTTP router"],
    ["ssl-enable3", "TLS"],
    ["geoip-city", "uWSGI's geoip plugin"],
    ["clock", "uWSGI's own workings"],
  ])("%s is about %s", (name, about) => {
    expect(topic(name)).toBe(about);
  });

  test("has a subject of its own, mostly", () => {
    const refused = inventory.filter(({ status }) => status === "refused");
    const vague = refused.filter(({ refusal }) => refusal?.topic === "uWSGI's own workings");
    expect(vague.length).toBeLessThan(refused.length / 40);
  });

  test("is answered with options that do something", () => {
    const remedies = inventory.map(({ refusal }) => refusal?.remedy ?? "");
    const named = remedies.flatMap((text) =>
      [...text.matchAll(/`([\w-]+)(?: = \S+)?`/g)].map(([, name = ""]) => name),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((name) => !isAccepted(name))).toEqual([]);
  });
});
