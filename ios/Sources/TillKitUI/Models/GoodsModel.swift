import Foundation
import Observation
import TillKit

/// Documents about goods that no receipt is given for; as the core names their kind.
public enum GoodsKind: String, CaseIterable, Identifiable, Sendable {
  case goodsReceipt = "goods_receipt"
  case goodsReturn = "goods_return"
  case transfer, count
  case writeOff = "write_off"
  case order

  public var id: Self { self }

  /// What happens to the goods; nothing yet, where they are ordered.
  var movement: StockMovement? {
    switch self {
    case .goodsReceipt: .goodsReceipt
    case .goodsReturn: .goodsReturn
    case .transfer: .transfer
    case .count: .count
    case .writeOff: .writeOff
    case .order: nil
    }
  }
}

/// Goods, and how much of them, a decimal number.
public struct GoodsDraftLine: Equatable, Sendable {
  public let item: String
  public let name: String
  public internal(set) var quantity: String
}

/// A document as far as it is typed.
public struct GoodsDraft: Equatable, Sendable {
  public let kind: GoodsKind
  public internal(set) var lines: [GoodsDraftLine] = []
  public var reason = ""
  /// Number of the paper that goes with it.
  public var reference = ""
  /// Keys: where the goods are, the centre's own if it is none; where to; what a count follows.
  public var warehouse: String?
  public var toWarehouse: String?
  public var plan: String?
  /// Whose order it is, when it is wanted, `2026-12-24`, and what people should know.
  public internal(set) var customer: CustomerView?
  public var wantedDay = ""
  public var note = ""

  init(_ kind: GoodsKind) { self.kind = kind }

  // What the core would refuse it for.
  var lacksReason: Bool { kind == .writeOff && reason.isBlank }
  var lacksWarehouse: Bool { kind == .transfer && toWarehouse == nil }
  public var canRecord: Bool { !lines.isEmpty && !lacksReason && !lacksWarehouse }

  /// One more of what is there already: a box is scanned piece by piece.
  mutating func add(_ item: String, _ name: String) {
    if let line = lines.firstIndex(where: { $0.item == item }) {
      step(line, by: 1)
    } else {
      lines.append(GoodsDraftLine(item: item, name: name, quantity: "1"))
    }
  }

  mutating func step(_ line: Int, by step: Int) {
    guard lines.indices.contains(line), let now = Decimal(string: lines[line].quantity) else { return }
    set(line, to: now + Decimal(step))
  }

  /// Nothing left is no line; but none may have been counted.
  mutating func set(_ line: Int, to quantity: Decimal) {
    guard lines.indices.contains(line) else { return }
    if quantity > 0 || (quantity == 0 && kind == .count) {
      lines[line].quantity = "\(quantity)"
    } else if kind != .count {
      lines.remove(at: line)
    }
  }
}

/// Goods that come, go, are moved, counted, written off or ordered, by one cashier.
@Observable @MainActor
public final class GoodsModel: Attempting {
  /// To choose from.
  public private(set) var warehouses: [ObjectRow] = []
  /// Audit plans that came down.
  public private(set) var plans: [ObjectRow] = []
  /// The document that is being made.
  public var draft: GoodsDraft?
  /// Documents that were begun and left: they wait where they were.
  public private(set) var begun: [GoodsKind: GoodsDraft] = [:]
  /// What is typed or scanned, and the items found for it.
  public private(set) var query = ""
  public private(set) var hits: [ObjectRow] = []
  /// The items that have the scanned code, while it is asked which is meant.
  public private(set) var choices: [SearchHit] = []
  /// What was recorded last, and how many documents are to be sent with it.
  public private(set) var recorded: (row: HistoryRow, unsent: UInt64)?
  /// For the order that is being taken; without one, a customer is only written down.
  public let customers: CustomersModel
  public var isChoosingCustomer = false
  public internal(set) var trouble: ShownTrouble?

  let formats: Formats
  private let till: TillKit
  private let cashier: Cashier
  private let notices: Notices
  private var rights: [String] = []
  private var isRecording = false

  public init(till: TillKit, cashier: Cashier, formats: Formats, notices: Notices) {
    (self.till, self.cashier, self.formats, self.notices) = (till, cashier, formats, notices)
    customers = CustomersModel(cashier: cashier, formats: formats)
  }

  public func refresh() async {
    await attempt {
      rights = try await cashier.sellScreen().rights
      warehouses = try await till.objects(kind: "warehouse", limit: Self.mostChoices).rows
      plans = try await till.objects(kind: "audit_plan", limit: Self.mostChoices).rows
    }
  }

  private static let mostChoices: UInt32 = 200

  // MARK: What is shown

  public func may(_ kind: GoodsKind) -> Bool { rights.contains(kind == .order ? "sell" : "stock") }

  /// Whether a document that is not recorded would be lost.
  public var hasDraft: Bool { !begun.isEmpty || draft?.lines.isEmpty == false }

  public func title(_ kind: GoodsKind) -> String {
    kind == .order ? formats.strings.takeOrder : formats.title(ofKind: kind.rawValue)
  }

  /// How many lines wait in one that was left.
  public func begunText(_ kind: GoodsKind) -> String? {
    begun[kind].map { formats.strings.lines($0.lines.count) }
  }

  /// What the document still lacks.
  public var lackText: String? {
    guard let draft else { return nil }
    if draft.lacksReason { return formats.strings.reasonNeeded }
    return draft.lacksWarehouse ? formats.strings.warehouseNeeded : nil
  }

  public var recordText: String {
    "\(formats.strings.record) · \(formats.strings.lines(draft?.lines.count ?? 0))"
  }

  /// What giving it up would lose; nothing, where nothing was scanned.
  public var giveUpText: String? {
    draft.flatMap { draft in
      draft.lines.isEmpty ? nil : formats.strings.giveUpHint(title(draft.kind), draft.lines.count)
    }
  }

  public var recordedText: String? {
    recorded.map { formats.strings.goodsRecorded(formats.title(ofKind: $0.row.kind), $0.row.number) }
  }
  public var unsentText: String? {
    recorded.map { $0.unsent > 0 ? formats.strings.unsent($0.unsent) : formats.strings.nothingUnsent }
  }

  public func detail(_ hit: ObjectRow) -> String {
    hit.facts.first { $0.name == "codes" }.map(formats.fact) ?? hit.key
  }

  /// The next days to choose from, and another one that was typed.
  public var wantedDays: [String] {
    let days = formats.nextDays(14)
    guard let typed = draft?.wantedDay, !typed.isEmpty, !days.contains(typed) else { return days }
    return days + [typed]
  }

  public func quantityText(_ line: GoodsDraftLine) -> String { formats.quantity(line.quantity) }

  // MARK: The document

  /// Begins a document, or goes on with the one that was left.
  public func start(_ kind: GoodsKind) {
    (draft, recorded, trouble) = (begun[kind] ?? GoodsDraft(kind), nil, nil)
    clearQuery()
  }

  /// Leaves the document as it is, for later.
  public func leave() {
    guard let draft else { return }
    begun[draft.kind] = draft.lines.isEmpty ? nil : draft
    self.draft = nil
    clearQuery()
  }

  public func giveUp() {
    guard let draft else { return }
    begun[draft.kind] = nil
    self.draft = nil
    clearQuery()
  }

  private func clearQuery() { (query, hits) = ("", []) }

  // MARK: Its lines

  /// Only what is called like these words, or has them as its code.
  public func find(_ words: String) async {
    query = words
    guard !words.isBlank else {
      hits = []
      return
    }
    let found = await attempt { try await till.objects(kind: "item", query: words).rows }
    // Something else may have been typed meanwhile.
    if let found, query == words { hits = found }
  }

  /// Enter, or the scanner: what is typed is a code, whose item the core finds. Words that one item alone
  /// has do as well.
  public func enterCode() async {
    let typed = query.trimmingCharacters(in: .whitespaces)
    guard !typed.isEmpty else { return }
    await attempt {
      do {
        choose(try await cashier.find(code: typed))
      } catch TillError.SeveralItems(_, _, _, _, let items) {
        choices = try await cashier.choices(of: items, code: typed)
      } catch let refused as TillError {
        guard case .Refused = refused else { throw refused }
        let found = try await till.objects(kind: "item", query: typed).rows
        guard let item = found.first, found.count == 1 else { throw refused }
        add(item)
      }
    }
  }

  public func add(_ item: ObjectRow) { add(item.key, item.name) }

  /// The item that was meant.
  public func choose(_ hit: SearchHit) { add(hit.item, hit.name) }

  public func leaveChoices() { choices = [] }

  public func choiceText(_ hit: SearchHit) -> String {
    "\(hit.name) · \(formats.price(hit.price, hit.currency))"
  }

  private func add(_ item: String, _ name: String) {
    draft?.add(item, name)
    choices = []
    clearQuery()
  }

  /// One more or one less.
  public func step(_ line: Int, by step: Int) { draft?.step(line, by: step) }

  /// A quantity as it was typed.
  public func setQuantity(ofLine line: Int, typed: String) {
    guard let quantity = readQuantity(typed) else { return }
    draft?.set(line, to: quantity)
  }

  public func removeLine(_ line: Int) {
    if draft?.lines.indices.contains(line) == true { draft?.lines.remove(at: line) }
  }

  // MARK: Its customer

  /// Writes a customer down, without an order.
  public func beginCustomer() {
    customers.new = NewCustomer(name: "")
    isChoosingCustomer = true
  }

  public func choose(_ customer: CustomerView?) {
    draft?.customer = customer
    isChoosingCustomer = false
  }

  public func makeCustomer() async {
    guard let made = await customers.make() else { return }
    notices.say(formats.strings.customerMade(made.name))
    choose(made)
  }

  public func leaveCustomers() { (isChoosingCustomer, customers.new) = (false, nil) }

  // MARK: Its end

  /// Records the document. When ``recorded`` is set, it is durable.
  public func record() async {
    guard let draft, draft.canRecord, !isRecording else { return }
    isRecording = true
    defer { isRecording = false }
    guard let place = await attempt({ try await write(draft) }) else { return }
    giveUp()
    recorded = await attempt {
      (try await till.document(place).row, try await till.unsent().documents)
    }
  }

  private func write(_ draft: GoodsDraft) async throws -> DocumentPlace {
    let lines = draft.lines.map { GoodsLine(item: $0.item, quantity: $0.quantity, isKey: true) }
    guard let movement = draft.kind.movement else {
      let day = draft.wantedDay.trimmingCharacters(in: .whitespaces)
      return try await cashier.take(
        OrderWanted(
          lines: lines, customer: draft.customer?.key,
          note: draft.note.trimmingCharacters(in: .whitespaces), wantedDay: day.isEmpty ? nil : day))
    }
    let reference = draft.reference.trimmingCharacters(in: .whitespaces)
    return try await cashier.move(
      GoodsMoved(
        movement: movement, lines: lines, reason: draft.reason.trimmingCharacters(in: .whitespaces),
        reference: reference.isEmpty ? nil : reference,
        // A plan knows its own.
        warehouse: draft.plan == nil ? draft.warehouse : nil,
        toWarehouse: draft.kind == .transfer ? draft.toWarehouse : nil,
        plan: draft.kind == .count ? draft.plan : nil))
  }
}

extension String {
  var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
