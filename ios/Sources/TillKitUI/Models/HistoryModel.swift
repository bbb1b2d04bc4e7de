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
  /// Why the document that is looked at is to be reversed, as far as it is typed.
  public var reason = ""
  /// What of the sale that is looked at comes back, and then its receipt; nothing, while nobody asks.
  public private(set) var saleReturn: SaleReturnModel?
  /// Goods that are taken back without their sale, while somebody is signed in.
  public private(set) var returns: ReturnModel?
  public var isReturning = false
  /// Who is signed in: to reverse a document needs somebody's right.
  var cashier: Cashier? {
    didSet {
      (rights, isReturning, saleReturn) = ([], false, nil)
      returns = cashier.map { ReturnModel(till: till, cashier: $0, formats: formats) }
    }
  }
  private var rights: [String] = []
  private var isVoiding = false

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
    await refreshRights()
  }

  private func refreshRights() async {
    guard let cashier, let screen = try? await cashier.sellScreen() else { return }
    // Somebody may have signed out meanwhile.
    if self.cashier === cashier { rights = screen.rights }
    await returns?.refresh()
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
    reason = ""
  }

  // MARK: Reversing

  /// Whether the document that is looked at can be voided by who is signed in: once, and whole. The core
  /// asks again.
  public var canVoid: Bool {
    guard let document, rights.contains("void") else { return false }
    let isReversible = ["sale", "return"].contains(document.row.kind)
    return isReversible && !document.row.isVoid && document.lines.allSatisfy(\.isWhole)
  }

  /// What comes of voiding it.
  public var voidText: String? {
    document.map { document in
      var amount = document.row.total
      let isIn = amount.minor < 0
      amount.minor = abs(amount.minor)
      let strings = formats.strings
      let said =
        isIn ? strings.voidReturnHint(formats.amount(amount)) : strings.voidSaleHint(formats.amount(amount))
      return "\(said) \(strings.voidIsFinal)"
    }
  }

  /// Reverses the document that is looked at; its void is opened in its place: the customer gets it.
  public func voidDocument() async {
    guard let cashier, let row = document?.row, !isVoiding else { return }
    isVoiding = true
    defer { isVoiding = false }
    let why = reason.trimmingCharacters(in: .whitespaces)
    guard let void = await attempt({ try await cashier.void(row.place, because: why) }) else { return }
    await refresh()
    await open(void.place)
  }

  /// Whether something of the sale that is looked at may come back, and who is signed in may take it.
  public var canTakeSoldBack: Bool {
    guard let document, rights.contains("return") else { return false }
    return !document.row.isVoid && document.lines.contains { $0.leftQuantity > 0 }
  }

  /// Begins to take goods of the sale that is looked at back, as it is now.
  public func beginSaleReturn() async {
    guard let cashier, let place = document?.row.place else { return }
    let begun = await attempt {
      let sale = try await till.document(place)
      let tenders = try await cashier.sellScreen().tenders
      return SaleReturnModel(sale, tenders: tenders, till: till, cashier: cashier, formats: formats)
    }
    // It may have been closed meanwhile, or somebody signed out.
    guard let begun, document?.row.place == place, self.cashier === cashier else { return }
    (document, saleReturn) = (begun.sale, begun)
  }

  /// Takes back what was chosen. The return's receipt is shown over the sale, which says what is left.
  public func takeSoldBack() async {
    guard let saleReturn, await saleReturn.takeBack() else { return }
    await refresh()
    let sale = saleReturn.sale.row.place
    if document?.row.place == sale { await open(sale) }
  }

  public func leaveSaleReturn() { saleReturn = nil }

  public var mayReturn: Bool { returns?.mayReturn ?? false }

  /// Takes back what was chosen; the return is opened: the customer gets it.
  public func takeBack() async {
    guard let recorded = await returns?.takeBack() else { return }
    isReturning = false
    await refresh()
    await open(recorded.place)
  }

  public func closeDocument() { (document, saleReturn) = (nil, nil) }

  /// Prints the document that is looked at.
  public func printDocument() async {
    guard let place = document?.row.place else { return }
    await attempt { try await till.print(place) }
  }

  public func title(_ row: HistoryRow) -> String {
    row.number.isEmpty ? formats.title(ofKind: row.kind) : "\(formats.title(ofKind: row.kind)) \(row.number)"
  }

  /// When, how far it has come, and whether it was voided, in words.
  public func detail(_ row: HistoryRow) -> String {
    let voided = row.isVoid ? [formats.strings.voided] : []
    return ([formats.moment(row.recordedMs), formats.strings.word(for: row.mark)] + voided)
      .joined(separator: " · ")
  }

  public func total(_ row: HistoryRow) -> String { formats.amount(row.total) }

  /// What the back office objects to.
  public func findings(_ row: HistoryRow) -> [String] {
    row.findings.map { formats.strings.finding($0.sentence) }
  }

  /// How far the document that is looked at has come, and what of it has been reversed.
  public var note: String? {
    document.map { document in
      let reversed =
        document.row.isVoid
        ? [formats.strings.voided]
        : document.lines.filter { !$0.isWhole }.map { "\($0.name): \(formats.sold($0))" }
      return ([way(document)] + reversed).filter { !$0.isEmpty }.joined(separator: " · ")
    }
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
