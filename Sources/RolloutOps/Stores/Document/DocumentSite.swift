/// `https://host/path/flags.json`
struct DocumentSite: StoreSite {
  private let address: WebAddress

  static let kind = StoreKind(
    schemes: ["http", "https"], mark: "https://", form: "https://host/path/flags.json",
    summary: """
      such a file behind any service that serves it with an `ETag` and takes it back by `PUT` with `If-Match`; \
      `ROLLOUT_HTTP_TOKEN`, or `ROLLOUT_HTTP_USERNAME` and `ROLLOUT_HTTP_PASSWORD`
      """,
    variables: [
      StoreKind.Variable(
        name: "ROLLOUT_HTTP_TOKEN", meaning: "the bearer token for a flag document behind `https://`"),
      StoreKind.Variable(
        name: "ROLLOUT_HTTP_USERNAME",
        meaning:
          "who asks for such a document by Basic authentication, where no token is set; with `ROLLOUT_HTTP_PASSWORD`"),
      StoreKind.Variable(name: "ROLLOUT_HTTP_PASSWORD", meaning: "that user's password"),
    ],
    site: { (text) throws(AddressText.Fault) in DocumentSite(address: try AddressText.web(text)) })

  func store(_ address: String, from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore {
    DocumentStore(self.address, address: AddressText.shown(address), terms, context)
  }
}
