/** As whom the server runs beside `uid` and `gid`, and when it becomes that user. */

/** What one process may do, and when it stops being root. */
export interface PrivilegeSettings {
  /** Become these before anything is opened; undefined keeps the present ones. */
  readonly immediateUid: number | undefined;
  readonly immediateGid: number | undefined;
  /** In place of the user's supplementary groups; with none, the user's own. */
  readonly addGids: readonly number[];
  /** No supplementary groups at all. */
  readonly noInitgroups: boolean;
  /** Directory that is `/` to the Python processes, absolute; undefined: the system's. */
  readonly chroot: string | undefined;
  /** Numbers of Linux's capabilities that front and Python processes keep. */
  readonly capabilities: readonly number[];
  /** Root until all sockets are bound, and pidfiles written. */
  readonly dropAfterInit: boolean;
  /** Root until the application is imported. */
  readonly dropAfterApps: boolean;
  /** The master stays root; its processes are the user's. */
  readonly masterAsRoot: boolean;
}

/** The same while it is read. */
export type PrivilegeDraft = { -readonly [K in keyof PrivilegeSettings]: PrivilegeSettings[K] } & {
  addGids: number[];
};

/** Nothing but `uid` and `gid` counts. */
export function noPrivileges(): PrivilegeDraft {
  return {
    immediateUid: undefined,
    immediateGid: undefined,
    addGids: [],
    noInitgroups: false,
    chroot: undefined,
    capabilities: [],
    dropAfterInit: false,
    dropAfterApps: false,
    masterAsRoot: false,
  };
}

/** Linux's capabilities by uWSGI's names (capabilities(7)); number and index are one. */
export const capabilityNames: readonly string[] = [
  "chown",
  "dac_override",
  "dac_read_search",
  "fowner",
  "fsetid",
  "kill",
  "setgid",
  "setuid",
  "setpcap",
  "linux_immutable",
  "net_bind_service",
  "net_broadcast",
  "net_admin",
  "net_raw",
  "ipc_lock",
  "ipc_owner",
  "sys_module",
  "sys_rawio",
  "sys_chroot",
  "sys_ptrace",
  "sys_pacct",
  "sys_admin",
  "sys_boot",
  "sys_nice",
  "sys_resource",
  "sys_time",
  "sys_tty_config",
  "mknod",
  "lease",
  "audit_write",
  "audit_control",
  "setfcap",
  "mac_override",
  "mac_admin",
  "syslog",
  "wake_alarm",
];

/** The highest number that Linux has given so far: checkpoint_restore. */
export const lastCapability = 40;
