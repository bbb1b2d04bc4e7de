import TillKitFFI

/// A signed-in cashier: everything that sells, moves cash or closes. Releasing it signs out.
///
/// ```swift
/// let anna = try await till.signIn(user: "anna", pin: "1234")
/// try await anna.add(code: "5901234123457")
/// try await anna.payRest(by: "cash")
/// let receipt = try await anna.complete()  // durable now: it may be printed
/// ```
///
/// Quantities, prices and percentages are decimal numbers as text, `12.5`; amounts are minor units with
/// their currency. What a role may not do throws `Forbidden`; what does not go throws `Refused`.
public final class Cashier: Sendable {
  /// Who is signed in.
  public let user: String
  private let session: Session
  private let disk: any Disk

  init(_ session: Session, _ disk: any Disk) {
    (self.session, self.disk, user) = (session, disk, session.user())
  }

  /// The selling screen, now, with what is found for `query`.
  public func sellScreen(query: String = "") async throws(TillError) -> SellScreen {
    try await disk.call { [session] in try session.sellScreen(query: query) }
  }

  /// The one item that has a code, typed or scanned; throws `SeveralItems` if several have it.
  public func find(code: String) async throws(TillError) -> SearchHit {
    try await disk.call { [session] in try session.findCode(code: code) }
  }

  /// The items that have one code, with their prices, to choose from.
  public func choices(of items: [ItemChoice], code: String) async throws(TillError) -> [SearchHit] {
    try await sellScreen(query: code).hits.filter { hit in items.contains { $0.item == hit.item } }
  }

  // MARK: The open sale

  /// Adds the item of a code, typed or scanned; returns the index of its line. Throws `SeveralItems` if
  /// several have it: ask which, and add that one by its key.
  @discardableResult
  public func add(code: String, quantity: String = "1") async throws(TillError) -> UInt32 {
    try await disk.call { [session] in try session.addCode(code: code, quantity: quantity) }
  }

  /// Adds an item that was found; returns the index of its line.
  @discardableResult
  public func add(item: String, quantity: String = "1") async throws(TillError) -> UInt32 {
    try await disk.call { [session] in try session.addItem(item: item, quantity: quantity) }
  }

  /// Adds an item at another price than the list's; needs the right, and a reason.
  @discardableResult
  public func add(
    item: String, quantity: String = "1", at unitPrice: String, because reason: String
  ) async throws(TillError) -> UInt32 {
    try await disk.call { [session] in
      try session.addItemAt(item: item, quantity: quantity, unitPrice: unitPrice, reason: reason)
    }
  }

  /// Changes how much of a line is sold.
  public func setQuantity(ofLine line: UInt32, to quantity: String) async throws(TillError) {
    try await disk.call { [session] in try session.setQuantity(line: line, quantity: quantity) }
  }

  /// Takes a line off the open sale.
  public func removeLine(_ line: UInt32) async throws(TillError) {
    try await disk.call { [session] in try session.removeLine(line: line) }
  }

  /// Sets or clears a line's discount.
  public func discountLine(_ line: UInt32, by discount: DiscountChoice?) async throws(TillError) {
    try await disk.call { [session] in try session.discountLine(line: line, discount: discount) }
  }

  /// Sets or clears the receipt's discount.
  public func discountReceipt(by discount: DiscountChoice?) async throws(TillError) {
    try await disk.call { [session] in try session.discountReceipt(discount: discount) }
  }

  /// Names the customer of the open sale, or nobody.
  public func setCustomer(_ customer: String?) async throws(TillError) {
    try await disk.call { [session] in try session.setCustomer(customer: customer) }
  }

  /// Takes a payment in the tender's own currency; a foreign one at the day's rate, frozen.
  public func pay(
    by tender: String, minor: Int64, currency: String, reference: String? = nil
  ) async throws(TillError) {
    try await disk.call { [session] in
      try session.pay(tender: tender, minor: minor, currency: currency, reference: reference)
    }
  }

  /// Pays what is left by one tender of the home currency.
  public func payRest(by tender: String) async throws(TillError) {
    try await disk.call { [session] in try session.payRest(tender: tender) }
  }

  /// Takes a payment back.
  public func removeTender(_ tender: UInt32) async throws(TillError) {
    try await disk.call { [session] in try session.removeTender(tender: tender) }
  }

  /// Completes the open sale. When this returns, it is durable: now it may be printed.
  @discardableResult
  public func complete() async throws(TillError) -> RecordedDocument {
    try await disk.call { [session] in try session.complete() }
  }

  /// Gives the open sale up before it is completed.
  public func cancelSale() async throws(TillError) {
    try await disk.call { [session] in try session.cancelSale() }
  }

  /// Sets the open sale aside with the prices it was given; returns its id.
  @discardableResult
  public func hold(label: String) async throws(TillError) -> String {
    try await disk.call { [session] in try session.hold(label: label) }
  }

  /// Sales set aside, oldest first.
  public func held() async throws(TillError) -> [HeldSale] {
    try await disk.call { [session] in try session.held() }
  }

  /// Takes a held sale back, with the prices it was given; returns what today's settings changed of it.
  @discardableResult
  public func recall(_ id: String) async throws(TillError) -> RecalledSale {
    try await disk.call { [session] in try session.recall(id: id) }
  }

  /// Gives a held sale up, also one that today's settings cannot take up again.
  public func discardHeld(_ id: String) async throws(TillError) {
    try await disk.call { [session] in try session.discardHeld(id: id) }
  }

  // MARK: After the sale

  /// Takes goods back. The money goes back by `tender`, but for the `parts` that go back by others. When this
  /// returns, it is durable.
  @discardableResult
  public func returnGoods(
    _ lines: [ReturnedLine], refundBy tender: String, customer: String? = nil,
    parts: [RefundPart] = []
  ) async throws(TillError) -> RecordedDocument {
    try await disk.call { [session] in
      try session.returnGoods(
        lines: lines, refundTender: tender, customer: customer, parts: parts)
    }
  }

  /// Reverses a completed sale or return whole, by a new document. When this returns, it is durable.
  @discardableResult
  public func void(
    _ place: DocumentPlace, because reason: String
  ) async throws(TillError) -> RecordedDocument {
    try await disk.call { [session] in try session.voidDocument(place: place, reason: reason) }
  }

  // MARK: Cash and closures

  /// Moves cash without a sale; the amount is positive, the kind says which way. When this returns, it
  /// is durable.
  @discardableResult
  public func moveCash(
    _ kind: CashMove, tender: String, minor: Int64, currency: String, reason: String
  ) async throws(TillError) -> DocumentPlace {
    try await disk.call { [session] in
      try session.moveCash(kind: kind, tender: tender, minor: minor, currency: currency, reason: reason)
    }
  }

  /// The totals since the last closure, as they stand (X); changes nothing.
  public func interim() async throws(TillError) -> ClosedPeriod {
    try await disk.call { [session] in try session.interim() }
  }

  /// Closes the period (Z). It never waits for the back office. When this returns, it is durable.
  @discardableResult
  public func closePeriod(counted: [CountedTender] = []) async throws(TillError) -> ClosedPeriod {
    try await disk.call { [session] in try session.closePeriod(counted: counted) }
  }

  /// Opens the day: records the float of each drawer, then syncs as the centre's policy says, beside
  /// selling. Offline the day is open all the same.
  public func openDay(floats: [CountedTender] = []) async throws(TillError) {
    try await disk.call { [session] in try session.openDay(floats: floats) }
  }

  /// Closes the day: sends what there is, for ten seconds at most, then closes (Z) with what is left
  /// stated inside, whether or not the back office answers.
  @discardableResult
  public func closeDay(counted: [CountedTender] = []) async throws(TillError) -> ClosedDay {
    try await calling { try await session.closeDay(counted: counted) }
  }

  // MARK: Customers, orders, goods

  /// Writes a customer down. When this returns, it is durable; the back office gets it with the next
  /// documents.
  @discardableResult
  public func make(_ customer: NewCustomer) async throws(TillError) -> CustomerView {
    try await disk.call { [session] in try session.makeCustomer(new: customer) }
  }

  /// Customers with these words, the centre's and those made here, at most about `limit` after `after`.
  public func customers(
    _ words: String = "", after: String? = nil, limit: UInt32 = 50
  ) async throws(TillError) -> [CustomerView] {
    try await disk.call { [session] in
      try session.customers(words: words, after: after, limit: limit)
    }
  }

  /// Takes an order at today's prices. It moves neither money nor stock. When this returns, it is durable.
  @discardableResult
  public func take(_ order: OrderWanted) async throws(TillError) -> DocumentPlace {
    try await disk.call { [session] in try session.takeOrder(order: order) }
  }

  /// Records goods that came, went, were moved, counted or written off. When this returns, it is durable.
  @discardableResult
  public func move(_ goods: GoodsMoved) async throws(TillError) -> DocumentPlace {
    try await disk.call { [session] in try session.moveGoods(moved: goods) }
  }

  // MARK: By file, another enrolment

  /// Writes what is unsent into a file for the back office; with `unsettled` also what it has and no
  /// closure has settled, for one that was lost. Needs no network.
  public func export(unsettled: Bool = false) async throws(TillError) -> ExportFile {
    try await disk.call { [session] in try session.export(unsettled: unsettled) }
  }

  /// Makes this phone the next enrolment of a till. Unsent documents are kept, and sent still.
  @discardableResult
  public func enrolAgain(
    url: String, code: String, device: String
  ) async throws(TillError) -> EnrolledTill {
    try await calling { try await session.enrolAgain(url: url, code: code, device: device) }
  }

  /// The same with the text of the back office's QR.
  @discardableResult
  public func enrolAgainByQr(_ text: String, device: String) async throws(TillError) -> EnrolledTill {
    try await calling { try await session.enrolAgainByQr(text: text, device: device) }
  }

  // MARK: Local edits, another centre

  /// Edits an item's price on this till, until the next sync of the items replaces it.
  public func editPrice(of item: String, to unitPrice: String) async throws(TillError) {
    try await disk.call { [session] in try session.editPrice(item: item, unitPrice: unitPrice) }
  }

  /// Edits the footer of receipts on this till, until the next sync of the centre replaces it.
  public func editReceiptFooter(of layout: String, to footer: [String]) async throws(TillError) {
    try await disk.call { [session] in try session.editReceiptFooter(layout: layout, footer: footer) }
  }

  /// Chooses another centre. Refused while documents are unsent, sales held or one open, or the
  /// day is not closed.
  public func changeCentre(_ centre: String) async throws(TillError) {
    try await calling { try await session.changeCentre(centre: centre) }
  }
}
