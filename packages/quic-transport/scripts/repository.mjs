/**
 * The `repository` of a manifest: its own, else that of the workflow that runs. npm takes no provenance without it.
 *
 * @param {{ repository?: object }} manifest - of this package
 * @returns {{ repository?: object }}
 */
export function repositoryField ({ repository }) {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env

  if (repository == null && server != null && name != null) {
    repository = { type: 'git', url: `git+${server}/${name}.git`, directory: 'packages/quic-transport' }
  }

  return repository == null ? {} : { repository }
}
