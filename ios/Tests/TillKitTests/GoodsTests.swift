import Testing

@testable import TillKit
@testable import TillKitUI

/// Goods, where the centre has a second warehouse and an audit plan.
@MainActor @Suite struct GoodsTests {
  @Test func goodsAreTransferredAndCountedByAPlanAndWhoMayNotIsNotOfferedIt() async throws {
    let (office, folder) = (try Office(), try Folder())
    let rows = [
      #"{"k":"warehouse","id":"back","d":{"name":"Back room"}}"#,
      #"{"k":"audit_plan","id":"p1","d":{"name":"Mugs","warehouse":"back","items":["mug"]}}"#,
    ]
    try await office.put(rows: rows)
    try await office.publish()
    let till = try await folder.openSynced(with: office)
    let goods = try await goods(till, as: "anna", "1234")
    #expect(goods.warehouses.map(\.key) == ["back", "main"] && goods.plans.map(\.name) == ["Mugs"])

    goods.start(.transfer)
    await goods.find("MUG")
    await goods.enterCode()
    #expect(goods.lackText == "A transfer needs the warehouse it goes to.")
    goods.draft?.toWarehouse = "back"
    await goods.record()
    #expect(goods.recorded?.row.kind == "transfer" && goods.trouble == nil)

    goods.start(.count)
    goods.draft?.plan = "p1"
    goods.draft?.warehouse = "main"
    await goods.find("tea")
    await goods.enterCode()
    await goods.record()
    #expect(goods.trouble?.cause == "The audit plan does not count this item.")
    goods.removeLine(0)
    await goods.find("MUG")
    await goods.enterCode()
    await goods.record()
    let count = try #require(goods.recorded?.row)
    #expect(count.kind == "count")
    let text = try await till.document(count.place).text
    #expect(text.contains("plan: p1") && text.contains("warehouse: back"))

    let bob = try await self.goods(till, as: "bob", "4321")
    #expect(GoodsKind.allCases.filter { bob.may($0) } == [.order])
  }

  private func goods(_ till: TillKit, as user: String, _ pin: String) async throws -> GoodsModel {
    let cashier = try await till.signIn(user: user, pin: pin)
    let goods = GoodsModel(till: till, cashier: cashier, formats: Formats(English()), notices: Notices())
    await goods.refresh()
    return goods
  }
}
