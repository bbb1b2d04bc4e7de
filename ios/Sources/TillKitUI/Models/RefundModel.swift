import Observation
import TillKit

/// A part of the money that goes back by another tender, as it is typed.
public struct RefundDraftPart: Identifiable, Equatable, Sendable {
  public let id: Int
  public var tender: String
  public var typed = ""
}

/// How the money of what comes back is given, and to whom.
@Observable @MainActor
public final class RefundModel {
  /// How it may go back, in the currency of the prices, and how it does.
  public private(set) var tenders: [TenderChoice] = []
  public var tender: String?
  /// What goes back by other tenders; ``tender`` gives the rest back.
  public var parts: [RefundDraftPart] = []
  private var nextPart = 0
  /// Whose goods they were; on account the money goes back to somebody.
  public private(set) var customer: CustomerView?
  public let customers: CustomersModel
  public var isChoosingCustomer = false

  let formats: Formats

  init(cashier: Cashier, formats: Formats) {
    self.formats = formats
    customers = CustomersModel(cashier: cashier, formats: formats)
  }

  /// Those of them that are in this currency; cash, until another is chosen.
  func offer(_ tenders: [TenderChoice], in currency: String?) {
    self.tenders = tenders.filter { $0.currency == currency }
    if tender == nil { tender = self.tenders.first { $0.kind == .cash }?.tender }
  }

  /// How the money goes: "£2.00 goes back by: Card", then the rest.
  var text: String {
    let rest = name(of: tender)
    guard !parts.isEmpty else { return formats.strings.refundBy(rest) }
    let said = parts.map { part in
      let amount = (try? read(part)).map(formats.amount) ?? part.typed
      return formats.strings.refundPart(amount, by: name(of: part.tender))
    }
    return (said + [formats.strings.refundRestBy(rest)]).joined(separator: "\n")
  }

  private func name(of tender: String?) -> String {
    tenders.first { $0.tender == tender }?.name ?? ""
  }

  /// Whether there is another tender than the main one.
  public var canAddPart: Bool { tender != nil && tenders.contains { $0.tender != tender } }

  /// Adds a part by a tender that has none yet, or by any but the main one.
  public func addPart() {
    let others = tenders.filter { $0.tender != tender }
    let unused = others.first { other in !parts.contains { $0.tender == other.tender } }
    guard tender != nil, let other = unused ?? others.first else { return }
    parts.append(RefundDraftPart(id: nextPart, tender: other.tender))
    nextPart += 1
  }

  public func removePart(_ id: RefundDraftPart.ID) { parts.removeAll { $0.id == id } }

  /// The parts as the core takes them; an amount that is empty or cannot be read is refused.
  func readParts() throws -> [RefundPart] {
    try parts.map { part in
      let amount = try read(part)
      return RefundPart(tender: part.tender, minor: amount.minor, currency: amount.currency)
    }
  }

  private func read(_ part: RefundDraftPart) throws -> Amount {
    let currency = tenders.first { $0.tender == part.tender }?.currency ?? ""
    return try Amount(typed: part.typed, locale: formats.strings.localeIdentifier, currency: currency)
  }

  /// Forgets the customer and the parts: the next goods are somebody else's.
  func clear() {
    parts = []
    choose(nil)
  }

  public func choose(_ customer: CustomerView?) {
    self.customer = customer
    leaveCustomers()
  }

  public func makeCustomer() async {
    if let made = await customers.make() { choose(made) }
  }

  public func leaveCustomers() { (isChoosingCustomer, customers.new) = (false, nil) }
}
