/** Where the contestant `quicmesh` looks for another build of its package: a folder with a `dist`. */
export const PACKAGE_PATH_VARIABLE = 'QUICMESH_BENCH_PACKAGE'

/** Where `@quicmesh/quic-transport` itself looks for another native binding. */
export const BINDING_PATH_VARIABLE = 'QUICMESH_QUIC_BINDING'
