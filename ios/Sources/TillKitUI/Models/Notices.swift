import Observation

/// What is said once, over every page.
public struct Notice: Equatable, Identifiable, Sendable {
  public let id: Int
  public let text: String
  public let isBad: Bool
}

/// Where the models of all pages say it.
@Observable @MainActor
public final class Notices {
  /// The last one, until it was seen.
  public private(set) var shown: Notice?

  private var said = 0

  public init() {}

  func say(_ text: String, isBad: Bool = false) {
    said += 1
    shown = Notice(id: said, text: text, isBad: isBad)
  }

  /// It was tapped, or stood long enough; one that has come since stays.
  public func seen(_ notice: Notice) {
    if shown == notice { shown = nil }
  }
}
