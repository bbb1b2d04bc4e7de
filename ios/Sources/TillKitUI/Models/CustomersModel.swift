import Foundation
import Observation
import TillKit

/// The customers of the centre and those made here, looked for by words and read page by page; or one who
/// is being written down.
@Observable @MainActor
public final class CustomersModel: Attempting {
  public private(set) var found: [CustomerView] = []
  /// What is looked for.
  public private(set) var query = ""
  /// Whether there are more.
  public private(set) var hasMore = false
  /// Who is being written down; nobody, while one is looked for.
  public var new: NewCustomer?
  public internal(set) var trouble: ShownTrouble?

  let formats: Formats
  private let cashier: Cashier
  private let pageSize: UInt32

  public init(cashier: Cashier, formats: Formats, pageSize: UInt32 = 50) {
    (self.cashier, self.formats, self.pageSize) = (cashier, formats, pageSize)
  }

  public func refresh() async { await find(query) }

  /// Those with these words, in name, phone or VAT number; all, if there are none.
  public func find(_ words: String) async {
    query = words
    let page = await attempt { try await cashier.customers(words, limit: pageSize) }
    // Something else may have been typed meanwhile.
    guard let page, query == words else { return }
    (found, hasMore) = (page, isFull(page))
  }

  /// The next page.
  public func more() async {
    guard let last = found.last?.key else { return }
    let words = query
    let page = await attempt { try await cashier.customers(words, after: last, limit: pageSize) }
    guard let page, query == words, found.last?.key == last else { return }
    (found, hasMore) = (found + page, isFull(page))
  }

  /// A page is "about" so long: who has become part of another is left out of it.
  private func isFull(_ page: [CustomerView]) -> Bool { page.count >= max(1, Int(pageSize) / 2) }

  /// Begins to write one down who is called as what was looked for.
  public func begin() { new = NewCustomer(name: query.trimmingCharacters(in: .whitespaces)) }

  public var canMake: Bool {
    new.map { !$0.name.trimmingCharacters(in: .whitespaces).isEmpty } ?? false
  }

  /// Writes the new one down. When this returns one, it is durable.
  func make() async -> CustomerView? {
    guard let new, canMake else { return nil }
    let made = await attempt { try await cashier.make(new) }
    if made != nil { self.new = nil }
    return made
  }

  /// What tells one from another of the same name.
  public func detail(_ customer: CustomerView) -> String {
    if customer.isOwn { return formats.strings.madeHere }
    let facts = [customer.phone, customer.email, customer.vatId].filter { !$0.isEmpty }
    return facts.isEmpty ? customer.key : facts.joined(separator: " · ")
  }
}
