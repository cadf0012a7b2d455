/// Which version this is. Pages take their date from here, so that they do not change from day to day.
enum Release {
  static let number = "0.1.0"
  static let date = "2026-11-21"
}
