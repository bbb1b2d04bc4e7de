import Observation
import TillKit

/// Every document of this phone, newest first, each with how far it has come.
@Observable @MainActor
public final class HistoryModel: Attempting {
  public private(set) var rows: [HistoryRow] = []
  /// Whether there are older ones.
  public private(set) var hasMore = false
  /// The document that is looked at.
  public private(set) var document: DocumentView?
  public internal(set) var trouble: ShownTrouble?

  let formats: Formats
  private let till: TillKit
  private let pageSize: UInt32
  private var next: DocumentPlace?

  public init(till: TillKit, formats: Formats, pageSize: UInt32 = 50) {
    (self.till, self.formats, self.pageSize) = (till, formats, pageSize)
  }

  /// From the newest.
  public func refresh() async {
    let page = await attempt { try await till.history(limit: pageSize) }
    guard let page else { return }
    (rows, next, hasMore) = (page.rows, page.next, page.next != nil)
  }

  /// The end of the list came into sight.
  public func more() async {
    guard let after = next else { return }
    let page = await attempt {
      try await till.history(after: after, limit: pageSize)
    }
    // Somebody may have refreshed, or asked twice.
    guard let page, next == after else { return }
    (rows, next, hasMore) = (rows + page.rows, page.next, page.next != nil)
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

  public func finding(_ row: HistoryRow) -> String? { row.finding.map(formats.strings.finding) }
}
