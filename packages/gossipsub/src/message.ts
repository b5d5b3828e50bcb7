/** The messages as they go over the wire, and their codec. */
export * from './wire/rpc.ts'
