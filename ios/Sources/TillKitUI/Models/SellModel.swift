import Foundation
import Observation
import TillKit

/// The selling screen of a signed-in cashier. Taps are obeyed one after the other, in their order: three
/// quick taps on "one more" are three more.
@Observable @MainActor
public final class SellModel: Attempting {
  /// The till's last word.
  public private(set) var screen: SellScreen?
  /// The sale just completed: durable, so that it may be printed.
  public private(set) var receipt: RecordedDocument?
  /// Sales set aside, once they were asked for.
  public private(set) var held: [HeldSale] = []
  /// The held sale that today's settings refused to take up again: it may be given up.
  public private(set) var refusedHeld: String?
  /// What today's settings changed of the sale that was recalled last.
  public private(set) var changed: [String] = []
  /// The items that have the scanned code, while it is asked which is meant.
  public private(set) var choices: [SearchHit] = []
  public internal(set) var trouble: ShownTrouble?
  /// What is being typed or scanned.
  public var query = ""
  /// Whether the customer of the sale is being chosen, and from whom.
  public var isChoosingCustomer = false
  public let customers: CustomersModel
  /// Who was chosen last: the core's screen has the key alone.
  private var customer: CustomerView?

  let formats: Formats
  private let till: TillKit
  private let cashier: Cashier
  private var lastTurn: Task<Void, Never>?

  public init(till: TillKit, cashier: Cashier, formats: Formats) {
    (self.till, self.cashier, self.formats) = (till, cashier, formats)
    customers = CustomersModel(cashier: cashier, formats: formats)
  }

  // MARK: What is shown

  public var user: String { cashier.user }
  public var lines: [CartLine] { screen?.cart?.lines ?? [] }
  public var payments: [CartTender] { screen?.cart?.tenders ?? [] }
  public var totalText: String? { screen?.cart.map { formats.amount($0.total) } }
  public var restText: String? { screen?.cart.map { formats.amount($0.rest) } }
  /// The core says what can be done: what rounds to nothing in cash can still be paid by card.
  public var canComplete: Bool { screen?.cart?.canComplete ?? false }
  public var payingTenders: [TenderChoice] {
    let canPay = screen?.cart?.canPay.map(\.tender) ?? []
    return screen?.tenders.filter { canPay.contains($0.tender) } ?? []
  }
  public var changeText: String? { receipt.flatMap { $0.change.minor > 0 ? formats.amount($0.change) : nil } }
  public var unsent: UInt64 { screen?.unsent.documents ?? 0 }

  /// Whether the signed-in role has a right: what is not allowed is not offered. The core asks again.
  public func may(_ right: String) -> Bool { screen?.rights.contains(right) ?? false }

  /// Whose sale it is.
  public var customerText: String? {
    screen?.cart?.customer.map { key in customer.flatMap { $0.key == key ? $0.name : nil } ?? key }
  }

  /// "48 pc in stock", where the till knows.
  public func stockText(_ hit: SearchHit) -> String? {
    hit.stock.map { formats.strings.inStock(formats.quantity($0.quantity), hit.unit) }
  }

  public func priceText(_ hit: SearchHit) -> String { formats.price(hit.price, hit.currency) }
  public func amountText(_ line: CartLine) -> String { formats.amount(line.gross) }
  public func quantityText(_ line: CartLine) -> String { "\(formats.quantity(line.quantity)) \(line.unit)" }
  public func amountText(_ payment: CartTender) -> String { formats.amount(payment.amount) }

  // MARK: What happens

  /// Looks again: the query has changed, or something outside.
  public func refresh() async { await inTurn {} }

  /// Enter, or the scanner: what is typed is a code.
  public func enterCode() async {
    let code = query.trimmingCharacters(in: .whitespaces)
    guard !code.isEmpty else { return }
    await inTurn { [self] in
      do {
        try await cashier.add(code: code)
        query = ""
      } catch TillError.SeveralItems(_, _, _, _, let items) {
        choices = try await cashier.choices(of: items, code: code)
      }
    }
  }

  public func add(_ hit: SearchHit) async {
    await inTurn { [cashier] in try await cashier.add(item: hit.item) }
  }

  /// The item that was meant.
  public func choose(_ hit: SearchHit) async {
    leaveChoices()
    await inTurn { [self] in
      try await cashier.add(item: hit.item)
      query = ""
    }
  }

  public func leaveChoices() { choices = [] }

  public func choiceText(_ hit: SearchHit) -> String { "\(hit.name) · \(priceText(hit))" }

  /// One more or one less; the last one less takes the line off.
  public func changeQuantity(ofLine index: Int, by step: Int) async {
    await inTurn { [self] in
      guard lines.indices.contains(index), let now = Decimal(string: lines[index].quantity) else { return }
      let new = now + Decimal(step)
      if new == 0 {
        try await cashier.removeLine(UInt32(index))
      } else {
        try await cashier.setQuantity(ofLine: UInt32(index), to: "\(new)")
      }
    }
  }

  public func removeLine(_ index: Int) async {
    await inTurn { [cashier] in try await cashier.removeLine(UInt32(index)) }
  }

  /// A percentage off a line; none clears it.
  public func discountLine(_ index: Int, percent: String?) async {
    let discount = percent.map { DiscountChoice.percent(percent: $0) }
    await inTurn { [cashier] in
      try await cashier.discountLine(UInt32(index), by: discount)
    }
  }

  /// A percentage off the receipt; none clears it.
  public func discountReceipt(percent: String?) async {
    let discount = percent.map { DiscountChoice.percent(percent: $0) }
    await inTurn { [cashier] in try await cashier.discountReceipt(by: discount) }
  }

  /// Pays an amount as it was typed; with none typed, what is left.
  public func pay(by tender: TenderChoice, typed: String = "") async {
    await inTurn { [cashier, formats] in
      if typed.isEmpty {
        try await cashier.payRest(by: tender.tender)
      } else {
        let amount = try Amount(
          typed: typed, locale: formats.strings.localeIdentifier, currency: tender.currency)
        try await cashier.pay(by: tender.tender, minor: amount.minor, currency: amount.currency)
      }
    }
  }

  public func removePayment(_ index: Int) async {
    await inTurn { [cashier] in try await cashier.removeTender(UInt32(index)) }
  }

  /// Names the customer of the sale, or nobody.
  public func choose(_ customer: CustomerView?) async {
    await inTurn { [self] in
      try await cashier.setCustomer(customer?.key)
      (self.customer, isChoosingCustomer) = (customer, false)
    }
  }

  /// Writes the new customer down, whose sale it is then.
  public func makeCustomer() async {
    if let made = await customers.make() { await choose(made) }
  }

  public func leaveCustomers() { (isChoosingCustomer, customers.new) = (false, nil) }

  /// Completes the sale: ``receipt`` is durable when it is set.
  public func complete() async {
    await inTurn { [self] in receipt = try await cashier.complete() }
  }

  /// The receipt was seen.
  public func newSale() async {
    receipt = nil
    await refresh()
  }

  /// Prints the receipt on screen.
  public func printReceipt() async {
    guard let place = receipt?.place else { return }
    await attempt { try await till.print(place) }
  }

  public func cancelSale() async {
    await inTurn { [cashier] in try await cashier.cancelSale() }
  }

  public func hold(label: String) async {
    await inTurn { [cashier] in try await cashier.hold(label: label) }
  }

  public func showHeld() async {
    await inTurn { [self] in (held, refusedHeld) = (try await cashier.held(), nil) }
  }

  public func discardHeld(_ sale: HeldSale) async {
    await inTurn { [self] in
      try await cashier.discardHeld(sale.id)
      held = try await cashier.held()
    }
  }

  public func recall(_ sale: HeldSale) async {
    await inTurn { [self] in
      // Beside an open sale it is not refused for what it is.
      refusedHeld = lines.isEmpty ? sale.id : nil
      changed = told(of: try await cashier.recall(sale.id))
      (held, refusedHeld) = ([], nil)
    }
  }

  /// A sale that was paid in part when the app ended waits among the held ones.
  public var interruptedText: String? {
    (screen?.interrupted ?? 0) > 0 ? formats.strings.interruptedSales : nil
  }

  public func heldText(_ sale: HeldSale) -> String {
    sale.label.isEmpty && sale.isOpen ? formats.strings.interruptedSale : sale.label
  }

  private func told(of recalled: RecalledSale) -> [String] {
    let rates = recalled.rates.map { "\($0.name) \($0.beforePercent) % → \($0.nowPercent) %" }
    var told: [String] = []
    if !rates.isEmpty { told.append(formats.strings.ratesChanged(rates.joined(separator: ", "))) }
    if let from = recalled.changeoverFrom, let rate = recalled.changeoverRate {
      told.append(formats.strings.currencyChanged(from, rate))
    }
    return told
  }

  /// Obeys a tap when those before it are done, then shows what has become of it.
  private func inTurn(_ work: @escaping @MainActor () async throws -> Void) async {
    let before = lastTurn
    let turn = Task {
      await before?.value
      await attempt(work)
      let refused = trouble
      let new = await attempt { try await cashier.sellScreen(query: query) }
      if let new { screen = new }
      trouble = trouble ?? refused
    }
    lastTurn = turn
    await turn.value
  }
}
