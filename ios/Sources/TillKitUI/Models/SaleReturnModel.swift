import Foundation
import Observation
import TillKit

/// A line of a sale, and how much of it comes back.
public struct SaleReturnLine: Equatable, Sendable {
  public let sold: SoldLine
  public internal(set) var quantity: Decimal = 0

  /// How much of it may still come back.
  public var left: Decimal { sold.leftQuantity }
}

/// Goods that are taken back from their sale: what was paid for them goes back, and no more of them than is
/// left. The core asks again in the transaction that records the return.
@Observable @MainActor
public final class SaleReturnModel: Attempting {
  /// The sale, as it was read when this began.
  public let sale: DocumentView
  /// All lines of the sale, in its order.
  public private(set) var lines: [SaleReturnLine]
  public let refund: RefundModel
  /// What the customer gets, once it is recorded.
  public private(set) var receipt: RecordedDocument?
  public internal(set) var trouble: ShownTrouble?

  let formats: Formats
  private let till: TillKit
  private let cashier: Cashier
  private var isRecording = false

  init(_ sale: DocumentView, tenders: [TenderChoice], till: TillKit, cashier: Cashier, formats: Formats) {
    (self.sale, self.till, self.cashier, self.formats) = (sale, till, cashier, formats)
    lines = sale.lines.map { SaleReturnLine(sold: $0) }
    refund = RefundModel(cashier: cashier, formats: formats)
    refund.offer(tenders, in: sale.row.total.currency)
  }

  // MARK: What is shown

  public var canTakeBack: Bool {
    receipt == nil && refund.tender != nil && lines.contains { $0.quantity > 0 }
  }

  /// "3 sold, 2 left · £7.65": what was paid for all that was sold.
  public func detail(_ line: SaleReturnLine) -> String {
    "\(formats.sold(line.sold)) · \(formats.amount(line.sold.gross))"
  }

  public func quantityText(_ line: SaleReturnLine) -> String { formats.quantity("\(line.quantity)") }

  /// What comes back, and how the money goes.
  public var confirmText: String {
    let goods = lines.filter { $0.quantity > 0 }.map { "\(quantityText($0)) × \($0.sold.name)" }
    return (goods + [refund.text, formats.strings.soldBackHint]).joined(separator: "\n")
  }

  // MARK: What happens

  public func step(_ line: Int, by step: Int) {
    guard lines.indices.contains(line) else { return }
    set(line, to: lines[line].quantity + Decimal(step))
  }

  /// A quantity as it was typed; what is more than is left is what is left.
  public func setQuantity(ofLine line: Int, typed: String) {
    guard lines.indices.contains(line), let quantity = readQuantity(typed) else { return }
    set(line, to: quantity)
  }

  /// All that may still come back.
  public func takeAll() {
    for line in lines.indices { set(line, to: lines[line].left) }
  }

  private func set(_ line: Int, to quantity: Decimal) {
    lines[line].quantity = max(0, min(quantity, lines[line].left))
  }

  /// Takes the goods back; whether it was recorded. Then it is durable, and may be printed.
  func takeBack() async -> Bool {
    guard canTakeBack, !isRecording, let tender = refund.tender else { return false }
    isRecording = true
    defer { isRecording = false }
    let place = sale.row.place
    let goods = zip(UInt32(0)..., lines).filter { $1.quantity > 0 }.map { index, line in
      ReturnedLine(item: line.sold.item, quantity: "\(-line.quantity)", sale: place, line: index)
    }
    receipt = await attempt {
      try await cashier.returnGoods(
        goods, refundBy: tender, customer: refund.customer?.key, parts: refund.readParts())
    }
    return receipt != nil
  }

  public func printReceipt() async {
    guard let receipt else { return }
    await attempt { try await till.print(receipt.place) }
  }
}

extension SoldLine {
  /// How much of it may still come back; nothing of what came back in the sale itself.
  var leftQuantity: Decimal { max(0, Decimal(string: left) ?? 0) }

  /// Whether none of it has come back.
  var isWhole: Bool { left == quantity }
}

extension Formats {
  /// "3 sold, 2 left".
  func sold(_ line: SoldLine) -> String { strings.sold(quantity(line.quantity), left: quantity(line.left)) }
}
