/** Whether this process has the rights for what is to be done, and the kernel the numbers. */
import type { Place } from "../source.ts";
import { type Check, describe } from "./preflight-check.ts";

/** Only root may become somebody else. */
export function checkAccounts({ settings, machine, error }: Check): void {
  if (machine.uid === 0) return;
  const help = "start as root, or leave the option out";
  for (const field of ["uid", "gid"] as const) {
    const wanted = settings[field];
    if (wanted === undefined || wanted === machine[field]) continue;
    const message = `\`${field}\`: only root can become ${field} ${wanted}, and this is uid ${machine.uid}`;
    error("not-root", settings.places[field], message, help);
  }
}

/** What is root's alone, beside `uid` and `gid`. */
export function checkRights({ settings, machine, error, warn }: Check): void {
  if (machine.uid === 0) return;
  const { privileges, hooks, places } = settings;
  const { immediateUid, immediateGid, chroot, capabilities } = privileges;
  const say = (option: string, field: string, wanted: boolean) => {
    if (!wanted) return;
    const message = `\`${option}\`: only root can do that, and this is uid ${machine.uid}`;
    error(
      "not-root",
      places[`privileges.${field}`],
      message,
      "start as root, or take the line out",
    );
  };
  const isOther = (id: number | undefined, own: number) => id !== undefined && id !== own;
  say("immediate-uid", "immediateUid", isOther(immediateUid, machine.uid));
  say("immediate-gid", "immediateGid", isOther(immediateGid, machine.gid));
  say("chroot", "chroot", chroot !== undefined);
  say("cap", "capabilities", capabilities.length > 0);
  const [first] = hooks.phases["as-root"];
  if (first === undefined) return;
  const message = `the hooks and commands of \`as-root\` are left out: this is uid ${machine.uid}`;
  warn("not-root", first.place, message, "start as root, or write `as-user`");
}

export function checkChroot({ settings, machine, error }: Check): void {
  const { chroot } = settings.privileges;
  if (chroot === undefined) return;
  const kind = machine.kind(chroot);
  if (kind === "directory") return;
  const message = `\`chroot\`: ${describe(chroot, kind, "directory")}`;
  const help = "make it, with all that the application needs: Python's standard library too";
  error("chroot", settings.places["privileges.chroot"], message, help);
}

/** As uWSGI: the kernel would shorten the queue without a word. Inherited sockets have the queue of whoever bound them. */
export function checkListen({ settings, machine, warn, error }: Check): void {
  if (settings.sockets.every(({ address }) => address.kind === "fd")) return;
  const limit = Number(machine.readText("/proc/sys/net/core/somaxconn") ?? Number.NaN);
  if (!(settings.listen > limit)) return;
  const message = `\`listen = ${settings.listen}\` is above the kernel's net.core.somaxconn, which is ${limit}`;
  const help = `write \`${limit}\` or less, or raise the limit with \`sysctl net.core.somaxconn=${settings.listen}\``;
  (settings.lenient ? warn : error)("listen", settings.places["listen"], message, help);
}

/** The kernel takes any number and gives what it allows, without a word. */
export function checkSocketOptions({ settings, machine, warn }: Check): void {
  const { sendBuffer, receiveBuffer, fastOpen } = settings.socketOptions;
  const { places } = settings;
  const kernel = (name: string) =>
    Number(machine.readText(`/proc/sys/net/${name.replaceAll(".", "/")}`) ?? Number.NaN);
  const checkBuffer = (option: string, place: Place | undefined, value: number, limit: string) => {
    const most = kernel(limit);
    if (!(value > most)) return;
    const message = `\`${option} = ${value}\` is above the kernel's net.${limit}, and ${most} will be used`;
    const help = `write \`${most}\` or less, or raise the limit with \`sysctl net.${limit}=${value}\``;
    warn("socket-buffer", place, message, help);
  };
  checkBuffer("socket-sndbuf", places["socketOptions.sendBuffer"], sendBuffer, "core.wmem_max");
  checkBuffer(
    "socket-rcvbuf",
    places["socketOptions.receiveBuffer"],
    receiveBuffer,
    "core.rmem_max",
  );
  const servers = 2; // tcp(7): the bit of net.ipv4.tcp_fastopen that lets servers take them
  if (fastOpen === 0 || ((kernel("ipv4.tcp_fastopen") || servers) & servers) !== 0) return;
  const message =
    "`tcp-fast-open` has no effect: the kernel's net.ipv4.tcp_fastopen does not let servers do it";
  const help = "switch it on with `sysctl net.ipv4.tcp_fastopen=3`, or take the line out";
  warn("tcp-fast-open", places["socketOptions.fastOpen"], message, help);
}

/** Only root may give a file away. */
export function checkSocketOwner({ settings, machine, error }: Check): void {
  const { owner } = settings.socketOptions;
  const isPath = settings.sockets.some(({ address }) => address.kind === "unix");
  if (owner === undefined || !isPath || machine.uid === 0 || machine.uid === owner.uid) return;
  const message = `\`chown-socket\`: only root can give a socket to user ${owner.uid}, and this is uid ${machine.uid}`;
  const help = "start as root, or leave the option out and use `chmod-socket`";
  error("not-root", settings.places["socketOptions.owner"], message, help);
}
