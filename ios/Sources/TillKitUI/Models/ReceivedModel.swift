import Observation
import TillKit

/// What the last syncs changed of what is sold: the newest first.
@Observable @MainActor
public final class ReceivedModel: Attempting {
  public private(set) var entries: [ChangeEntry] = []
  /// What is searched for.
  public private(set) var query = ""
  /// Whether there are older ones.
  public var hasMore: Bool { next != nil }
  public internal(set) var trouble: ShownTrouble?

  let formats: Formats
  private let till: TillKit
  private let pageSize: UInt32
  private var currency = ""
  private var next: ChangePlace?

  public init(till: TillKit, formats: Formats, pageSize: UInt32 = 50) {
    (self.till, self.formats, self.pageSize) = (till, formats, pageSize)
  }

  /// From the newest.
  public func refresh() async { await read(after: nil) }

  /// Only of what is called like these words.
  public func find(_ words: String) async {
    query = words
    await read(after: nil)
  }

  /// The next page.
  public func more() async {
    if let next { await read(after: next) }
  }

  private func read(after: ChangePlace?) async {
    let words = query
    let page = await attempt {
      try await till.changes(query: words, after: after, limit: pageSize)
    }
    // Something else may have been typed meanwhile.
    guard let page, query == words, after == nil || next == after else { return }
    entries = after == nil ? page.entries : entries + page.entries
    (currency, next) = (page.currency, page.next)
  }

  // MARK: In words

  public func title(_ summary: ChangeSummary) -> String {
    "\(formats.moment(summary.atMs)) · \(formats.changes(summary))"
  }

  /// "£2.55 → £2.95", or the one that there is; and when it begins, if that is to come.
  public func fromTo(_ line: ChangeLine) -> String {
    formats.fromTo(line, currency)
  }
}
