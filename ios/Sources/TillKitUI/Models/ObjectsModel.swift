import Foundation
import Observation
import TillKit

/// What the till holds: a list of a kind, and a row with all its facts.
@Observable @MainActor
public final class ObjectsModel: Attempting {
  /// The kind whose rows are looked at, and what has been read of them.
  public private(set) var kind: String?
  public private(set) var rows: [ObjectRow] = []
  /// How many there are in all.
  public private(set) var total: UInt64 = 0
  /// Whether this version has a use for them.
  public private(set) var isUsed = true
  public private(set) var canSearch = false
  /// What is searched for.
  public private(set) var query = ""
  /// Whether there are more.
  public var hasMore: Bool { next != nil }
  /// The row that is looked at.
  public private(set) var opened: ObjectView?
  /// Of a row that is a picture: its file, once it has come.
  public private(set) var picture: Data?
  public internal(set) var trouble: ShownTrouble?

  let formats: Formats
  private let till: TillKit
  private let pageSize: UInt32
  private var next: String?

  public init(till: TillKit, formats: Formats, pageSize: UInt32 = 100) {
    (self.till, self.formats, self.pageSize) = (till, formats, pageSize)
  }

  /// An object was tapped: what the till holds of it, from the beginning.
  public func open(kind: String) async {
    (self.kind, rows, next, query) = (kind, [], nil, "")
    await read(after: nil)
  }

  /// Only what is called like these words.
  public func find(_ words: String) async {
    query = words
    await read(after: nil)
  }

  /// The next page.
  public func readOn() async {
    if let next { await read(after: next) }
  }

  /// A row was tapped.
  public func open(kind: String, key: String) async {
    let row = await attempt { try await till.object(kind: kind, key: key) }
    picture = Self.isPicture(row) ? await attempt { try await till.image(key) } ?? nil : nil
    opened = row
  }

  /// Whether the row that is looked at is a picture.
  public var isPicture: Bool { Self.isPicture(opened) }

  private static func isPicture(_ row: ObjectView?) -> Bool { row?.kind == KindName.image.rawValue }

  /// Back from the row, or from the list.
  public func close() {
    if opened != nil { opened = nil } else { closeAll() }
  }

  /// The sheet was swiped away.
  public func closeAll() { (opened, kind, rows, next) = (nil, nil, [], nil) }

  private func read(after: String?) async {
    guard let kind else { return }
    let words = query
    let page = await attempt {
      try await till.objects(kind: kind, query: words, after: after, limit: pageSize)
    }
    // Something else may have been tapped or typed meanwhile.
    guard let page, self.kind == kind, query == words, after == nil || next == after else { return }
    rows = after == nil ? page.rows : rows + page.rows
    (next, total, isUsed, canSearch) = (page.next, page.total, page.isUsed, page.canSearch)
  }

  // MARK: In words

  public var isOpen: Bool { kind != nil || opened != nil }

  public var title: String {
    opened.map(\.name) ?? kind.map(formats.title(ofKind:)) ?? ""
  }

  /// Its key, and what tells it from others.
  public func detail(_ row: ObjectRow) -> String {
    let key = row.key == row.name ? [] : [row.key]
    return (key + row.facts.map { "\(formats.title(ofFact: $0.name)) \(formats.fact($0))" })
      .joined(separator: " · ")
  }
}
