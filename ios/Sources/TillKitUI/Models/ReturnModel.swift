import Foundation
import Observation
import TillKit

/// Goods that come back, and how many of them.
public struct ReturnDraftLine: Equatable, Sendable {
  public let hit: SearchHit
  public internal(set) var quantity: Decimal
}

/// Goods that are taken back without their sale being named: at today's prices, for a reason.
/// ``SaleReturnModel`` names it.
@Observable @MainActor
public final class ReturnModel: Attempting {
  public private(set) var lines: [ReturnDraftLine] = []
  /// What is typed or scanned, and what was found for it.
  public private(set) var query = ""
  public private(set) var hits: [SearchHit] = []
  public let refund: RefundModel
  public var reason = ""
  public internal(set) var trouble: ShownTrouble?

  let formats: Formats
  private let till: TillKit
  private let cashier: Cashier
  private var rights: [String] = []
  private var isRecording = false

  public init(till: TillKit, cashier: Cashier, formats: Formats) {
    (self.till, self.cashier, self.formats) = (till, cashier, formats)
    refund = RefundModel(cashier: cashier, formats: formats)
  }

  public func refresh() async {
    await attempt {
      let screen = try await cashier.sellScreen()
      let centre = try await till.objects(kind: "centre", limit: 1).rows.first
      let home = centre?.facts.first { $0.name == FactName.currency.rawValue }.map(formats.fact)
      rights = screen.rights
      refund.offer(screen.tenders, in: home)
    }
  }

  // MARK: What is shown

  public var mayReturn: Bool { rights.contains("return") && rights.contains("return_without_sale") }
  public var canReturn: Bool { mayReturn && !lines.isEmpty && !reason.isBlank && refund.tender != nil }

  public func priceText(_ hit: SearchHit) -> String { formats.price(hit.price, hit.currency) }
  public func quantityText(_ line: ReturnDraftLine) -> String {
    "\(formats.quantity("\(line.quantity)")) \(line.hit.unit)"
  }

  /// What comes back, and how the money goes.
  public var confirmText: String {
    let goods = lines.map { "\(quantityText($0)) \($0.hit.name), \(priceText($0.hit))" }
    return (goods + [refund.text]).joined(separator: "\n")
  }

  // MARK: What happens

  public func find(_ words: String) async {
    query = words
    guard !words.isBlank else {
      hits = []
      return
    }
    let found = await attempt { try await cashier.sellScreen(query: words).hits }
    // Something else may have been typed meanwhile.
    if let found, query == words { hits = found }
  }

  /// Enter, or the scanner: what is typed is a code. Words that one item alone has do as well.
  public func enterCode() async {
    let typed = query.trimmingCharacters(in: .whitespaces)
    guard !typed.isEmpty else { return }
    await attempt {
      let found = try await cashier.sellScreen(query: typed).hits
      let hit = found.first { $0.code == typed } ?? (found.count == 1 ? found.first : nil)
      guard let hit else {
        let sentence = "there is no item with the code \(typed)"
        throw TillError.Refused(code: TroubleName.unknown.rawValue, sentence: sentence, dataSafe: true)
      }
      add(hit)
    }
  }

  public func add(_ hit: SearchHit) {
    if let line = lines.firstIndex(where: { $0.hit.item == hit.item }) {
      step(line, by: 1)
    } else {
      lines.append(ReturnDraftLine(hit: hit, quantity: 1))
    }
    (query, hits) = ("", [])
  }

  /// One more or one less; the last one less takes the line off.
  public func step(_ line: Int, by step: Int) {
    guard lines.indices.contains(line) else { return }
    lines[line].quantity += Decimal(step)
    if lines[line].quantity <= 0 { lines.remove(at: line) }
  }

  public func clear() {
    (lines, query, hits, reason, trouble) = ([], "", [], "", nil)
    refund.clear()
  }

  /// Takes the goods back. What it returns is durable, so that it may be printed.
  public func takeBack() async -> RecordedDocument? {
    guard canReturn, !isRecording, let tender = refund.tender else { return nil }
    isRecording = true
    defer { isRecording = false }
    let why = reason.trimmingCharacters(in: .whitespaces)
    let goods = lines.map {
      ReturnedLine(item: $0.hit.item, quantity: "\(-$0.quantity)", reason: why)
    }
    let recorded = await attempt {
      try await cashier.returnGoods(
        goods, refundBy: tender, customer: refund.customer?.key, parts: refund.readParts())
    }
    if recorded != nil { clear() }
    return recorded
  }
}
