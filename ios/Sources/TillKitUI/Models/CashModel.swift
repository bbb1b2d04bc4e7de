import Observation
import TillKit

/// Cash that moves without a sale, and the two reports of a period: X, which changes nothing, and Z.
@Observable @MainActor
public final class CashModel: Attempting {
  /// Ways to pay, for amounts and counts.
  public private(set) var tenders: [TenderChoice] = []
  /// The report on screen; a closed period has a document, an interim one has none.
  public private(set) var period: ClosedPeriod?
  /// The movement just recorded.
  public private(set) var recorded: DocumentPlace?
  public internal(set) var trouble: ShownTrouble?

  let formats: Formats
  private let cashier: Cashier

  public init(cashier: Cashier, formats: Formats) {
    (self.cashier, self.formats) = (cashier, formats)
  }

  public func refresh() async {
    let screen = await attempt { try await cashier.sellScreen() }
    if let screen { tenders = screen.tenders }
  }

  /// Records a movement of an amount as it was typed.
  public func move(_ kind: CashMove, tender: TenderChoice, typed: String, reason: String) async {
    recorded = await attempt {
      let amount = try Amount(typed: typed, currency: tender.currency)
      return try await cashier.moveCash(
        kind, tender: tender.tender, minor: amount.minor, currency: amount.currency, reason: reason)
    }
  }

  /// The totals as they stand (X).
  public func showInterim() async {
    let interim = await attempt { try await cashier.interim() }
    if let interim { period = interim }
  }

  /// Closes the period (Z), with what was counted of each tender, as typed; what is empty was not.
  public func closePeriod(counted: [String: String]) async {
    let closed = await attempt {
      var amounts: [CountedTender] = []
      for tender in tenders {
        guard let typed = counted[tender.tender], !typed.isEmpty else { continue }
        let amount = try Amount(typed: typed, currency: tender.currency)
        amounts.append(
          CountedTender(tender: tender.tender, minor: amount.minor, currency: amount.currency))
      }
      return try await cashier.closePeriod(counted: amounts)
    }
    if let closed { period = closed }
  }

  public func closeReport() { period = nil }

  // MARK: The report in words

  public var isClosed: Bool { period?.place != nil }
  public var titleText: String? { period.map { formats.strings.closed($0.z) } }
  public var turnoverText: String? { period.map { formats.amount($0.gross) } }
  public var countsText: String? {
    period.map { formats.strings.salesAndReturns($0.sales, $0.returns) }
  }
  public var unsentText: String? { period.map { formats.strings.unsentAtClosure($0.unsent) } }

  /// Name, what should be there, and what is too much or missing.
  public func texts(_ total: ClosedTender) -> (name: String, expected: String, difference: String?) {
    let name = tenders.first { $0.tender == total.tender }?.name ?? total.tender
    let difference = total.differenceMinor.map { minor in
      let currency = total.expected.currency
      return formats.amount(Amount(minor: minor, currency: currency, decimals: total.expected.decimals))
    }
    return (name, formats.amount(total.expected), difference)
  }
}
