import RolloutOps

/// Web servers that can keep a document of flags, as the tests have tried them, and the settings that each needs.
enum DocumentServers {
  static let entries = [
    Entry(
      "Apache 2.4",
      """
      `mod_dav` with `Dav On`, and `FileETag Digest`: without that the tag is weak for a second after each change, and the \
      next one waits. It compares in one step and writes in another, so of two who come in the same moment one may lose
      """),
    Entry(
      "lighttpd 1.4", "`mod_webdav`, and a type for `.json` in `mimetype.assign`, without which no `ETag` is sent"),
    Entry(
      "nginx 1.22", "`dav_methods PUT` keeps no condition: `\"single writer\": true`; `client_max_body_size` over 1 MB"),
    Entry(
      "WsgiDAV 4.4",
      """
      as it is; its tag is made of seconds and size, so it misses a change of the same size in the same second, and it \
      answers with nothing while somebody writes
      """),
    Entry(
      "`rclone serve webdav`, dufs", "keep no condition: `\"single writer\": true`; rclone's `serve s3` keeps them"),
    Entry(
      "S3 and the like",
      "MinIO as it is; moto as it is, for tests; the address must be readable with a token or without"),
    Entry("Varnish, nginx as a proxy", "pass the document by, or have its server send `Cache-Control: no-store`"),
  ]
}
