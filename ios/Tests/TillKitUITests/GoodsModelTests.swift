import Foundation
import Testing
import TillKit

@testable import TillKitUI

/// Documents about goods, on a till in memory that records them.
@MainActor @Suite struct GoodsModelTests {
  private func open() async throws -> (till: TillKit, goods: GoodsModel, notices: Notices) {
    let (till, notices) = (try await TillKit.preview(), Notices())
    let cashier = try await till.signIn(user: "anna", pin: "1234")
    let goods = GoodsModel(till: till, cashier: cashier, formats: .english, notices: notices)
    await goods.refresh()
    return (till, goods, notices)
  }

  /// What is printed of the only document of a kind.
  private func text(of kind: String, on till: TillKit) async throws -> String {
    let rows = try await till.history(kinds: [kind]).rows
    #expect(rows.count == 1)
    return try await till.document(try #require(rows.first).place).text
  }

  @Test func aWriteOffNamesItsReasonIsRecordedWithANumberAndIsInTheBadge() async throws {
    let (till, goods, _) = try await open()
    #expect(GoodsKind.allCases.allSatisfy { goods.may($0) })
    goods.start(.writeOff)
    for _ in 1...2 {
      await goods.find("MUG")
      await goods.enterCode()
    }
    await goods.find("earl")
    goods.add(try #require(goods.hits.first))
    #expect(goods.draft?.lines.map(\.quantity) == ["2", "1"] && goods.query.isEmpty && goods.hits.isEmpty)
    goods.step(1, by: -1)
    #expect(goods.draft?.lines.map(\.name) == ["Blue Mug"], "nothing left is no line")
    #expect(goods.lackText == "A write-off needs its reason." && goods.draft?.canRecord == false)
    goods.draft?.reason = " dropped "
    goods.draft?.reference = "W-7"
    #expect(goods.lackText == nil && goods.recordText == "Record · 1 line")

    async let first: Void = goods.record()
    async let second: Void = goods.record()
    _ = await (first, second)

    #expect(goods.draft == nil && goods.unsentText == "1 unsent")
    #expect(goods.recordedText == "Write-off \(goods.recorded?.row.number ?? "?") is recorded")
    let text = try await text(of: "write_off", on: till)
    for fact in ["quantity: 2", "reason: dropped", "reference: W-7"] { #expect(text.contains(fact)) }
  }

  @Test func aCountTakesTypedQuantitiesNothingTooAndACodeThatNobodyKnowsIsRefused() async throws {
    let (till, goods, _) = try await open()
    goods.start(.count)
    await goods.find("NOTHING")
    await goods.enterCode()
    #expect(goods.trouble?.facts == "there is no item with code NOTHING" && goods.query == "NOTHING")
    await goods.find("CAN")
    await goods.enterCode()
    goods.step(0, by: -1)
    goods.step(0, by: -1)
    #expect(goods.draft?.lines.map(goods.quantityText) == ["0"], "none was counted; less than none is not")
    await goods.find("MUG")
    await goods.enterCode()
    goods.setQuantity(ofLine: 1, typed: "11,5")
    goods.setQuantity(ofLine: 1, typed: "-3")
    #expect(goods.draft?.lines.map(\.quantity) == ["0", "11.5"] && goods.trouble == nil)

    goods.leave()
    #expect(goods.draft == nil && goods.hasDraft && goods.begunText(.count) == "2 lines")
    goods.start(.count)
    await goods.record()

    let text = try await text(of: "count", on: till)
    #expect(text.contains("quantity: 0\n") && text.contains("quantity: 11.5") && !goods.hasDraft)
  }

  @Test func anOrderIsTakenForACustomerWhoIsWrittenDownOnTheWay() async throws {
    let (till, goods, notices) = try await open()
    goods.start(.order)
    await goods.find("MUG")
    await goods.enterCode()
    goods.isChoosingCustomer = true
    goods.customers.new = NewCustomer(name: "Joan", phone: "0161")
    await goods.makeCustomer()
    #expect(notices.shown?.text == "Joan is written down" && !goods.isChoosingCustomer)
    #expect(goods.draft?.customer?.name == "Joan")
    goods.draft?.wantedDay = "someday"
    goods.draft?.note = "ring first"
    await goods.record()
    #expect(goods.trouble?.code == "bad-input" && goods.draft?.lines.count == 1, "it can be mended")
    #expect(goods.wantedDays.prefix(2) == ["2026-03-09", "2026-03-10"])
    #expect(goods.wantedDays.last == "someday")
    goods.draft?.wantedDay = "2026-12-24"
    await goods.record()

    let text = try await text(of: "order", on: till)
    for fact in ["2026-12-24", "ring first", "unit_price: 4.25"] { #expect(text.contains(fact)) }
    #expect(text.contains("customer: c-") && goods.recordedText?.hasPrefix("Order ") == true)
  }

  @Test func goodsComeAndGoBackByThePaper() async throws {
    let (till, goods, _) = try await open()
    for kind in [GoodsKind.goodsReceipt, .goodsReturn] {
      goods.start(kind)
      await goods.find("MUG")
      await goods.enterCode()
      goods.setQuantity(ofLine: 0, typed: kind == .goodsReceipt ? "12" : "2")
      await goods.record()
      #expect(goods.recorded?.row.kind == kind.rawValue)
    }
    let sell = SellModel(
      till: till, cashier: try await till.signIn(user: "anna", pin: "1234"), formats: .english)
    sell.query = "mug"
    await sell.refresh()
    #expect(sell.screen?.hits.first.flatMap(sell.stockText) == "20 pc in stock", "10 + 12 - 2")
  }

  @Test func whatIsGivenUpIsAskedAboutAndGone() async throws {
    let (till, goods, _) = try await open()
    goods.start(.goodsReceipt)
    #expect(goods.giveUpText == nil && !goods.hasDraft)
    await goods.find("MUG")
    await goods.enterCode()
    #expect(goods.giveUpText?.hasPrefix("Goods receipt, 1 line: nothing of it") == true)

    goods.giveUp()

    #expect(goods.draft == nil && !goods.hasDraft && goods.begunText(.goodsReceipt) == nil)
    #expect(try await till.unsent().documents == 0)
  }

  @Test func nobodySignsOutOfADocumentThatIsBegun() async throws {
    let root = RootModel(till: try await TillKit.preview(), device: "test", formats: .english)
    root.sync.show(.sample(.upToDate))
    await root.signIn(user: "anna", pin: "1234")
    let goods = try #require(root.goods)
    goods.start(.count)
    await goods.find("MUG")
    await goods.enterCode()
    goods.leave()

    root.signOut()

    #expect(root.goods === goods && root.place == .goods)
    #expect(root.notices.shown?.text == "A document about goods is begun: record it or give it up first.")
    goods.start(.count)
    goods.giveUp()
    root.signOut()
    #expect(root.goods == nil)
  }

  @Test func aQuantityIsReadWithACommaOrAPoint() {
    let read = { (typed: String) in try? quantity(typed: typed, locale: "en_GB") }
    #expect(["1", "1,5", " 2.25 ", "0"].map(read) == ["1", "1.5", "2.25", "0"])
    #expect(["", "-1", "1.5.2", "a", "1 2", "1e3", "1,250"].allSatisfy { read($0) == nil })
  }
}
