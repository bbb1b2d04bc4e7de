import Foundation
import Observation
import TillKit

/// Settings that are edited on this till, until the next sync replaces them: a price, and the footer of
/// receipts.
@Observable @MainActor
public final class EditsModel: Attempting {
  /// What item's price is edited: what is typed to find it, what was found, and which it is.
  public private(set) var query = ""
  public private(set) var hits: [SearchHit] = []
  public private(set) var chosen: SearchHit?
  public var price = ""
  /// The footer as it is typed, a line of it in each.
  public var footer = ""
  public var isEditingPrice = false
  public var isEditingFooter = false
  public internal(set) var trouble: ShownTrouble?
  /// Who is signed in: an edit needs somebody's right.
  var cashier: Cashier? {
    didSet { if cashier == nil { (isEditingPrice, isEditingFooter) = (false, false) } }
  }
  /// Something was edited: it wants to be shown.
  var edited: () async -> Void = {}

  let formats: Formats
  private let till: TillKit
  private var layout: String?

  public init(till: TillKit, formats: Formats) { (self.till, self.formats) = (till, formats) }

  // MARK: A price

  public func beginPrice() {
    (query, hits, chosen, price, trouble) = ("", [], nil, "", nil)
    isEditingPrice = true
  }

  /// Only what is called like these words, or has them as its code.
  public func find(_ words: String) async {
    query = words
    guard let cashier else { return }
    let found = await attempt { try await cashier.sellScreen(query: words).hits }
    // Something else may have been typed meanwhile.
    if let found, query == words { hits = found }
  }

  public func choose(_ hit: SearchHit) { (chosen, price) = (hit, "") }

  public var canSavePrice: Bool { newPrice != nil }

  /// What was typed can be two numbers: both of them.
  public var priceDoubt: String? {
    guard case .failure(let error) = typedPrice, case .TwoReadings = error else { return nil }
    return formats.trouble(error).cause
  }

  private var typedPrice: Result<Amount, TillError>? {
    guard let chosen else { return nil }
    let locale = formats.strings.localeIdentifier
    do throws(TillError) {
      return .success(try Amount(typed: price, locale: locale, currency: chosen.currency))
    } catch {
      return .failure(error)
    }
  }

  /// As it is typed, as the core takes it.
  private var newPrice: String? {
    guard case .success(let amount) = typedPrice, amount.minor > 0 else { return nil }
    let value = Decimal(sign: .plus, exponent: -Int(amount.decimals), significand: Decimal(amount.minor))
    return "\(value)"
  }

  public func savePrice() async {
    guard let cashier, let chosen, let newPrice else { return }
    let isSaved: Void? = await attempt { try await cashier.editPrice(of: chosen.item, to: newPrice) }
    guard isSaved != nil else { return }
    isEditingPrice = false
    await edited()
  }

  public func priceText(_ hit: SearchHit) -> String { formats.price(hit.price, hit.currency) }

  // MARK: The footer

  /// Begins with the footer that receipts have now.
  public func beginFooter() async {
    await attempt {
      guard let first = try await till.objects(kind: Self.kind, limit: 1).rows.first else {
        throw TillError.Refused(
          code: TroubleName.unknown.rawValue, sentence: "no receipt layout has come down", dataSafe: true)
      }
      let facts = try await till.object(kind: Self.kind, key: first.key).facts
      layout = first.key
      // The core shows a list in one line.
      let shown = facts.first { $0.name == FactName.footer.rawValue }.map(formats.fact) ?? ""
      footer = shown.replacingOccurrences(of: ", ", with: "\n")
      isEditingFooter = true
    }
  }

  private static let kind = KindName.receiptLayout.rawValue

  public func saveFooter() async {
    guard let cashier, let layout else { return }
    var lines = footer.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    while lines.last?.isEmpty == true { lines.removeLast() }
    let footer = lines
    let isSaved: Void? = await attempt { try await cashier.editReceiptFooter(of: layout, to: footer) }
    guard isSaved != nil else { return }
    isEditingFooter = false
    await edited()
  }
}
