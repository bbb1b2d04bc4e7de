import Observation
import TillKit

/// Every document of this phone, newest first, each with how far it has come; events, which no cashier
/// looks for, only where everything that goes up is shown.
@Observable @MainActor
public final class HistoryModel: Attempting {
  public private(set) var rows: [HistoryRow] = []
  /// Whether there are older ones.
  public private(set) var hasMore = false
  /// The document that is looked at.
  public private(set) var document: DocumentView?
  public internal(set) var trouble: ShownTrouble?
  /// Only of this section; of all, if it is none.
  public private(set) var section: String?
  /// Only what has come so far; all, if it is none.
  public private(set) var mark: DeliveryMark?
  /// Only of this business day, `2026-03-09`; of all, if it is none.
  public private(set) var day: String?
  /// The business days that can be chosen from.
  public private(set) var days: [String] = []

  let formats: Formats
  private let till: TillKit
  private let pageSize: UInt32
  private let kinds: [(section: String, kinds: [String])]
  private var next: DocumentPlace?

  public init(till: TillKit, formats: Formats, withEvents: Bool = false, pageSize: UInt32 = 50) {
    (self.till, self.formats, self.pageSize) = (till, formats, pageSize)
    kinds = Self.kinds.filter { withEvents || $0.section != "events" }
  }

  /// The kinds of documents of each section that goes up.
  private static let kinds: [(section: String, kinds: [String])] = [
    ("sales", ["sale", "return", "void"]),
    ("closures", ["closure"]),
    ("cash", ["cash_movement"]),
    ("orders_made", ["order"]),
    ("customers_made", ["customer_made"]),
    ("stock_documents", ["goods_receipt", "goods_return", "transfer", "count", "write_off"]),
    ("events", ["event"]),
  ]

  /// What can be chosen from.
  public var sections: [String] { kinds.map(\.section) }

  /// Only of a section, only what has come so far and only of a business day; nothing for all.
  public func show(section: String?, mark: DeliveryMark?, day: String?) async {
    (self.section, self.mark, self.day, rows, next, hasMore) = (section, mark, day, [], nil, false)
    await refresh()
  }

  /// From the newest.
  public func refresh() async {
    let wanted = (section, mark, day)
    let page = await read(after: nil)
    let days = await attempt { try await till.historyDays() }
    guard let page, let days, wanted == (section, mark, day) else { return }
    (rows, next, hasMore, self.days) = (page.rows, page.next, page.next != nil, days)
  }

  /// The end of the list came into sight.
  public func more() async {
    guard let after = next else { return }
    let page = await read(after: after)
    // Somebody may have refreshed, or asked twice.
    guard let page, next == after else { return }
    (rows, next, hasMore) = (rows + page.rows, page.next, page.next != nil)
  }

  private func read(after: DocumentPlace?) async -> HistoryScreen? {
    let chosen = kinds.filter { section == nil || $0.section == section }.flatMap(\.kinds)
    return await attempt {
      try await till.history(kinds: chosen, day: day, mark: mark, after: after, limit: pageSize)
    }
  }

  public func open(_ place: DocumentPlace) async {
    document = await attempt { try await till.document(place) }
  }

  public func closeDocument() { document = nil }

  /// Prints the document that is looked at.
  public func printDocument() async {
    guard let place = document?.row.place else { return }
    await attempt { try await till.print(place) }
  }

  public func title(_ row: HistoryRow) -> String {
    row.number.isEmpty ? formats.title(ofKind: row.kind) : "\(formats.title(ofKind: row.kind)) \(row.number)"
  }

  /// When, and how far it has come, in words.
  public func detail(_ row: HistoryRow) -> String {
    "\(formats.moment(row.recordedMs)) · \(formats.strings.word(for: row.mark))"
  }

  public func total(_ row: HistoryRow) -> String { formats.amount(row.total) }

  /// What the back office objects to.
  public func findings(_ row: HistoryRow) -> [String] {
    row.findings.map { formats.strings.finding($0.sentence) }
  }

  /// When this phone learnt of each step of a document's way.
  public func way(_ document: DocumentView) -> String {
    let steps: [(DeliveryMark, Int64?)] = [
      (.uploaded, document.uploadedMs), (.processed, document.processedMs), (.settled, document.settledMs),
    ]
    let said = steps.compactMap { mark, ms in
      ms.map { "\(formats.strings.word(for: mark)) \(formats.moment($0))" }
    }
    return said.joined(separator: " · ")
  }
}
