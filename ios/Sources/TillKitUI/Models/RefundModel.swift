import Observation
import TillKit

/// How the money of what comes back is given, and to whom.
@Observable @MainActor
public final class RefundModel {
  /// How it may go back, in the currency of the prices, and how it does.
  public private(set) var tenders: [TenderChoice] = []
  public var tender: String?
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

  /// How the money goes.
  var text: String {
    formats.strings.refundBy(tenders.first { $0.tender == tender }?.name ?? "")
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
