import Testing

@testable import TillKit
@testable import TillKitUI

/// Goods that come back to the sale they are of.
@MainActor @Suite struct SaleReturnTests {
  private let office: Office
  private let folder: Folder
  private let till: TillKit
  private let anna: Cashier

  init() async throws {
    (office, folder) = (try Office(), try Folder())
    till = try await folder.openSynced(with: office)
    anna = try await till.signIn(user: "anna", pin: "1234")
  }

  @Test func oneOfThreeComesBackForWhatWasPaidAndTheSaleSaysThatTwoAreLeft() async throws {
    let history = try await opened(try await sellTea(3))
    #expect(history.canTakeSoldBack && history.canVoid && history.note == "")
    // What it costs now is not what was paid.
    try await office.put(items: [("tea", "3.05")])
    try await office.publish()
    _ = try await till.sync(.all)
    #expect(try await anna.sellScreen(query: "tea").hits.map(\.price) == ["3.05"])

    await history.beginSaleReturn()
    let back = try #require(history.saleReturn)
    #expect(back.lines.map(back.detail) == ["3 sold · £7.65"])
    #expect(back.lines.map(back.quantityText) == ["0"] && !back.canTakeBack)
    #expect(back.refund.tender == "cash" && !back.refund.tenders.contains { $0.currency != "GBP" })
    back.step(0, by: 5)
    #expect(back.lines[0].quantity == 3, "no more than is left")
    back.step(0, by: -2)
    #expect(back.canTakeBack)
    #expect(back.confirmText.hasPrefix("1 × Earl Grey Tea\nThe money goes back by: Cash\n"))
    async let tap: Void = history.takeSoldBack()
    async let bounce: Void = history.takeSoldBack()
    _ = await (tap, bounce)

    #expect(back.receipt?.total.minor == -2_55)
    #expect(back.trouble == nil && !back.canTakeBack)
    #expect(history.rows.map(\.kind) == ["return", "sale"], "once")
    #expect(history.document?.lines.map(\.left) == ["2"])
    #expect(history.note?.hasSuffix("Earl Grey Tea: 3 sold, 2 left") == true)
    #expect(!history.canVoid && history.canTakeSoldBack, "not whole any more")

    history.leaveSaleReturn()
    await history.beginSaleReturn()
    let rest = try #require(history.saleReturn)
    rest.setQuantity(ofLine: 0, typed: "0,5")
    #expect(rest.lines.map(rest.quantityText) == ["0.5"])
    rest.takeAll()
    await history.takeSoldBack()
    #expect(rest.receipt?.total.minor == -5_10)
    #expect(history.document?.lines.map(\.left) == ["0"] && !history.canTakeSoldBack)
    _ = try await till.sync(.all)
    #expect(try await till.unsent().documents == 0)
  }

  @Test func moreThanIsLeftIsRefusedWithTheCoresText() async throws {
    let sale = try await sellTea(3)
    let (early, late) = (try await opened(sale), try await opened(sale))
    await early.beginSaleReturn()
    await late.beginSaleReturn()
    early.saleReturn?.step(0, by: 2)
    await early.takeSoldBack()
    #expect(early.document?.lines.map(\.left) == ["1"])

    let back = try #require(late.saleReturn)
    back.takeAll()
    await late.takeSoldBack()

    #expect(back.receipt == nil && back.trouble?.code == "sale")
    let sentence = "Earl Grey Tea: 3 cannot come back, 3 was sold and 2 has come back"
    #expect(back.trouble?.facts == sentence && back.trouble?.safety == "Your data is safe.")
    #expect(try await till.document(sale).lines.map(\.left) == ["1"], "nothing was recorded")
    late.leaveSaleReturn()
    await late.beginSaleReturn()
    #expect(late.saleReturn?.lines.map(\.left) == [1], "it is read again")
  }

  @Test func theLinesOfASaleComeBackEachByItsOwn() async throws {
    try await anna.add(code: "MUG", quantity: "2")
    try await anna.add(code: "5901234123457")
    try await anna.payRest(by: "cash")
    let history = try await opened(try await anna.complete().place)
    await history.beginSaleReturn()
    history.saleReturn?.step(1, by: 1)

    await history.takeSoldBack()

    #expect(history.saleReturn?.receipt?.total.minor == -2_55)
    #expect(history.document?.lines.map(\.left) == ["2", "0"])
    #expect(history.note == "Earl Grey Tea: 1 sold, 0 left")
  }

  @Test func aRefundIsSplitAmongTheTendersThatPaidAndNoneGivesBackMoreThanItPaid() async throws {
    try await anna.add(code: "BOOK")
    try await anna.pay(by: "card", minor: 7_00, currency: "GBP", reference: "slip 1")
    try await anna.payRest(by: "cash")
    let sale = try await anna.complete().place
    let history = try await opened(sale)
    await history.beginSaleReturn()
    let back = try #require(history.saleReturn)
    back.takeAll()
    back.refund.addPart()
    #expect(back.refund.parts.map(\.tender) == ["card"])

    for wrong in ["", "lots", "7.001"] {
      back.refund.parts[0].typed = wrong
      await history.takeSoldBack()
      #expect(back.receipt == nil && back.trouble?.cause == "That is no amount.", "\(wrong)")
    }
    back.refund.parts[0].typed = "1,250"
    await history.takeSoldBack()
    #expect(back.receipt == nil && back.trouble?.cause.hasPrefix("1,250 can be 1250.00 or 1.25.") == true)
    back.refund.parts[0].typed = "-1"
    await history.takeSoldBack()
    #expect(back.receipt == nil && back.trouble?.code == "sale")
    back.refund.parts[0].typed = "7.01"
    await history.takeSoldBack()
    #expect(back.receipt == nil && back.trouble?.cause == "That does not go.")
    let cap = "7.01 GBP cannot go back by Card, which has 7.00 GBP left of what it paid"
    #expect(back.trouble?.facts == cap)
    back.refund.parts[0].typed = "7"
    #expect(back.confirmText.contains("£7.00 goes back by: Card\nThe rest goes back by: Cash"))
    await history.takeSoldBack()

    let receipt = try #require(back.receipt)
    #expect(receipt.total.minor == -12_00 && back.trouble == nil)
    let period = try await anna.interim()
    #expect(period.tenders.map(\.expected.minor) == [0, 0], "each tender gave back what it had taken")
  }

  @Test func aVoidedSaleSaysSoHoweverLongAgoItWasAndNothingOfItComesBack() async throws {
    let sale = try await sellTea(1)
    try await anna.void(sale, because: "twice")

    let history = try await opened(sale)

    #expect(history.document?.row.isVoid == true && history.note == "Voided")
    #expect(!history.canVoid && !history.canTakeSoldBack)
  }

  @Test func whoMayNotIsNotOfferedIt() async throws {
    let sale = try await sellTea(1)
    let bob = try await opened(sale, by: try await till.signIn(user: "bob", pin: "4321"))
    #expect(bob.document?.lines.map(\.left) == ["1"] && !bob.canTakeSoldBack)

    await bob.beginSaleReturn()
    bob.saleReturn?.takeAll()
    await bob.takeSoldBack()

    #expect(bob.saleReturn?.receipt == nil && bob.saleReturn?.trouble?.code == "no-right")
    bob.cashier = nil
    #expect(bob.saleReturn == nil)
  }

  private func sellTea(_ count: Int) async throws -> DocumentPlace {
    try await anna.add(code: "5901234123457", quantity: "\(count)")
    try await anna.payRest(by: "cash")
    return try await anna.complete().place
  }

  private func opened(_ sale: DocumentPlace, by cashier: Cashier? = nil) async throws -> HistoryModel {
    let history = HistoryModel(till: till, formats: Formats(English()))
    history.cashier = cashier ?? anna
    await history.refresh()
    await history.open(sale)
    return history
  }
}
