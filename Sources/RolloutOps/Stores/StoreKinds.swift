/// Every kind of store, in the order in which `help stores` names them.
package enum StoreKinds {
  package static let all: [StoreKind] = [
    FileSite.kind, DocumentSite.kind, EtcdSite.kind, LaunchDarklySite.kind, UnleashSite.kind, PostHogSite.kind,
    StatsigSite.kind,
  ]
}
