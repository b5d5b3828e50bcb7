/** A place to run programs in: a network namespace, or this machine itself. */
export interface Host {
  /** Of the namespace; `loopback` for the machine itself. */
  name: string
  /** IPv4, of the one interface that the other side reaches. */
  address: string
  /** Nothing else listens there, so that any port is free. */
  isIsolated: boolean
  /** What to start so that the program runs there. */
  inside (command: Command): Command
}

export interface Command {
  /** An absolute path. */
  file: string
  args: string[]
}

/** This machine, for both sides of a cell, where there are no namespaces. */
export const LOOPBACK: Host = {
  name: 'loopback',
  address: '127.0.0.1',
  isIsolated: false,
  inside: (command) => command
}
