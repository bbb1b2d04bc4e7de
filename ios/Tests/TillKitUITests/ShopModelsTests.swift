import Foundation
import Testing
import TillKit

@testable import TillKitUI

/// The other screens, on a till in memory that really sells.
@MainActor @Suite struct ShopModelsTests {
  private func signedIn() async throws -> (root: RootModel, sell: SellModel, cash: CashModel) {
    let root = RootModel(till: try await TillKit.preview(), device: "test", formats: .english)
    await root.signIn(user: "anna", pin: "1234")
    return (root, try #require(root.sell), try #require(root.cash))
  }

  @Test func aSaleIsSearchedAddedPaidAndCompleted() async throws {
    let (_, sell, _) = try await signedIn()

    sell.query = "tea"
    await sell.refresh()
    let hit = try #require(sell.screen?.hits.first)
    #expect(sell.priceText(hit) == "£2.55" && sell.stockText(hit) == "48 pc in stock")
    await sell.add(hit)
    #expect(sell.totalText == "£2.55" && !sell.canComplete)
    let cash = try #require(sell.screen?.tenders.first { $0.tender == "cash" })
    await sell.pay(by: cash, typed: "5")
    #expect(sell.canComplete && sell.payments.map(sell.amountText) == ["£5.00"])
    await sell.complete()

    #expect(sell.receipt?.total.minor == 2_55 && sell.changeText == "£2.45")
    #expect(sell.unsent == 1)
    await sell.newSale()
    #expect(sell.receipt == nil && sell.lines.isEmpty)
  }

  @Test func quickTapsAreObeyedOneAfterTheOther() async throws {
    let (_, sell, _) = try await signedIn()
    sell.query = "MUG"
    await sell.enterCode()
    #expect(sell.query.isEmpty && sell.lines.count == 1)

    async let one: Void = sell.changeQuantity(ofLine: 0, by: 1)
    async let two: Void = sell.changeQuantity(ofLine: 0, by: 1)
    async let three: Void = sell.changeQuantity(ofLine: 0, by: 1)
    _ = await (one, two, three)

    #expect(sell.lines.first.map(sell.quantityText) == "4 pc")
    for _ in 1...4 { await sell.changeQuantity(ofLine: 0, by: -1) }
    #expect(sell.lines.isEmpty)
  }

  @Test func aWrongCodeIsExplainedAndChangesNothing() async throws {
    let (_, sell, _) = try await signedIn()
    sell.query = "nonsense"
    await sell.enterCode()

    #expect(sell.trouble?.cause == "Not found." && sell.trouble?.safety == "Your data is safe.")
    #expect(sell.lines.isEmpty && sell.query == "nonsense")
    sell.query = "MUG"
    await sell.enterCode()
    #expect(sell.trouble == nil && sell.lines.count == 1)
  }

  @Test func aSaleSetAsideComesBackWithItsPrices() async throws {
    let (_, sell, _) = try await signedIn()
    sell.query = "MUG"
    await sell.enterCode()
    await sell.discountReceipt(percent: "10")
    let total = sell.totalText
    await sell.hold(label: "blue coat")
    #expect(sell.lines.isEmpty && sell.screen?.held == 1)

    await sell.showHeld()
    await sell.recall(try #require(sell.held.first))

    #expect(sell.totalText == total && sell.held.isEmpty)
  }

  @Test func aHeldSaleThatIsRefusedCanBeGivenUp() async throws {
    let (_, sell, _) = try await signedIn()
    sell.query = "MUG"
    await sell.enterCode()
    await sell.hold(label: "blue coat")
    await sell.showHeld()
    let held = try #require(sell.held.first)
    await sell.recall(HeldSale(id: "none", label: "", user: "anna", heldMs: 0))
    #expect(sell.refusedHeld == "none" && sell.trouble != nil)

    await sell.discardHeld(held)

    #expect(sell.held.isEmpty && sell.screen?.held == 0 && sell.trouble == nil)
  }

  @Test func theCustomerOfASaleIsFoundByWordsOrIsNobody() async throws {
    let (_, sell, _) = try await signedIn()
    await sell.choose(nil)
    #expect(sell.trouble?.cause == "No sale is open.", "there is nothing to name one for")
    sell.query = "MUG"
    await sell.enterCode()
    sell.isChoosingCustomer = true
    await sell.customers.find("jones")
    let jones = try #require(sell.customers.found.first)
    #expect(sell.customers.found.map(sell.customers.detail) == ["c1"])

    await sell.choose(jones)

    #expect(sell.customerText == "Mrs Jones" && !sell.isChoosingCustomer && sell.trouble == nil)
    await sell.choose(nil)
    #expect(sell.customerText == nil)
    await sell.customers.find("nobody")
    #expect(sell.customers.found.isEmpty && !sell.customers.hasMore)
  }

  @Test func aCustomerIsWrittenDownOnTheSpotAndIsThatOfTheSale() async throws {
    let (_, sell, _) = try await signedIn()
    sell.query = "MUG"
    await sell.enterCode()
    await sell.customers.find(" Mr Brown ")
    sell.customers.begin()
    #expect(sell.customers.new?.name == "Mr Brown" && sell.customers.canMake)
    sell.customers.new?.name = " "
    #expect(!sell.customers.canMake)
    sell.customers.new = NewCustomer(name: "Mr Brown", phone: "0123")

    await sell.makeCustomer()

    #expect(sell.customerText == "Mr Brown" && sell.customers.new == nil && sell.unsent == 1)
    await sell.customers.find("brown")
    #expect(sell.customers.found.map(sell.customers.detail) == ["Made on this till"])
  }

  @Test func customersAreReadPageByPage() async throws {
    let cashier = try await TillKit.preview().signIn(user: "anna", pin: "1234")
    for number in 1...4 { try await cashier.make(NewCustomer(name: "Mr \(number)")) }
    let customers = CustomersModel(cashier: cashier, formats: .english, pageSize: 2)

    await customers.refresh()
    #expect(customers.found.count == 2 && customers.hasMore)
    while customers.hasMore { await customers.more() }

    #expect(Set(customers.found.map(\.name)) == ["Mr 1", "Mr 2", "Mr 3", "Mr 4", "Mrs Jones"])
    #expect(customers.found.count == 5)
  }

  @Test func theHistoryShowsEachDocumentWithItsMarkAndReadsOn() async throws {
    let till = try await TillKit.preview()
    try await till.sellMugs(3)
    let model = HistoryModel(till: till, formats: .english, pageSize: 2)

    await model.refresh()
    #expect(model.rows.count == 2 && model.hasMore)
    while model.hasMore { await model.more() }

    let sales = model.rows.filter { $0.kind == "sale" }
    #expect(sales.map(\.number) == ["T3A-000003", "T3A-000002", "T3A-000001"])
    #expect(sales.first.map(model.title) == "Sale T3A-000003")
    #expect(sales.first.map(model.total) == "£4.25")
    #expect(sales.first.map(model.detail)?.hasSuffix("On this phone") == true)
    await model.open(try #require(sales.first).place)
    #expect(model.document?.text.contains("Blue Mug") == true)
  }

  @Test func aSaleIsVoidedForAReasonByWhoMayOnceAndBothDocumentsSaySo() async throws {
    let till = try await TillKit.preview()
    try await till.sellMugs(1)
    let root = RootModel(till: till, device: "test", formats: .english)
    let history = root.history
    await history.refresh()
    let sale = try #require(history.rows.first)
    await history.open(sale.place)
    #expect(!history.canVoid && !history.mayReturn, "nobody is signed in")

    await root.signIn(user: "anna", pin: "1234")
    await history.refresh()
    #expect(history.canVoid)
    #expect(history.voidText?.hasPrefix("£4.25 goes back the way it was paid") == true)
    history.reason = " "
    await history.voidDocument()
    #expect(history.trouble?.facts?.contains("reason") == true && history.document?.row.isVoid == false)
    history.reason = "wrong mug"
    async let tap: Void = history.voidDocument()
    async let bounce: Void = history.voidDocument()
    _ = await (tap, bounce)

    let void = try #require(history.document)
    #expect(void.row.kind == "void" && void.row.total.minor == -4_25 && history.trouble == nil)
    #expect(!history.canVoid && history.rows.map(\.kind) == ["void", "sale"])
    await history.open(sale.place)
    #expect(!history.canVoid && history.note == "Voided")
    // Whoever does not ask the core for the document is refused.
    history.reason = "again"
    await history.voidDocument()
    #expect(history.trouble?.code == "not-reversible")
    root.signOut()
    #expect(history.returns == nil && !history.canVoid)
  }

  @Test func goodsAreTakenBackForAReasonAndTheirReturnCanBeVoided() async throws {
    let (root, _, _) = try await signedIn()
    let history = root.history
    await history.refresh()
    let back = try #require(history.returns)
    #expect(history.mayReturn && back.refund.tender == "cash")
    #expect(back.refund.tenders.map(\.tender) == ["card", "cash", "credit"], "not in another currency")
    history.isReturning = true
    await back.find("nonsense")
    await back.enterCode()
    #expect(back.trouble?.code == "unknown" && back.lines.isEmpty)
    for _ in 1...3 {
      await back.find("MUG")
      await back.enterCode()
    }
    await back.find("earl")
    back.add(try #require(back.hits.first))
    back.step(1, by: -1)
    back.step(0, by: -1)
    #expect(back.lines.map(back.quantityText) == ["2 pc"] && !back.canReturn, "without a reason")
    back.reason = "broken handle"
    #expect(back.confirmText == "2 pc Blue Mug, £4.25\nThe money goes back by: Cash")

    await history.takeBack()

    let row = try #require(history.document?.row)
    #expect(row.kind == "return" && row.total.minor == -8_50 && !history.isReturning)
    #expect(back.lines.isEmpty && back.reason.isEmpty)
    #expect(history.voidText?.hasPrefix("£8.50 comes in again") == true && history.canVoid)
    history.reason = "typed twice"
    await history.voidDocument()
    #expect(history.document?.row.kind == "void" && history.document?.row.total.minor == 8_50)
  }

  @Test func onAccountTheMoneyGoesBackToSomebody() async throws {
    let (root, _, _) = try await signedIn()
    await root.history.refresh()
    let back = try #require(root.history.returns)
    await back.find("MUG")
    await back.enterCode()
    (back.reason, back.refund.tender) = ("broken", "credit")
    await root.history.takeBack()
    #expect(back.trouble?.code == "sale" && back.lines.count == 1, "nobody's account")

    await back.refund.customers.find("jones")
    back.refund.choose(back.refund.customers.found.first)
    await root.history.takeBack()

    #expect(root.history.document?.row.kind == "return" && back.refund.customer == nil)
  }

  @Test func partsOfTheRefundAreAddedRemovedAndForgottenWithTheGoods() async throws {
    let (root, _, _) = try await signedIn()
    await root.history.refresh()
    let back = try #require(root.history.returns)
    await back.find("MUG")
    await back.enterCode()
    back.reason = "broken"
    #expect(back.refund.canAddPart && back.refund.parts.isEmpty)
    back.refund.addPart()
    back.refund.addPart()
    back.refund.addPart()
    #expect(back.refund.parts.map(\.tender) == ["card", "credit", "card"], "never the main one")
    back.refund.removePart(back.refund.parts[1].id)
    back.refund.removePart(back.refund.parts[1].id)
    #expect(back.refund.parts.map(\.tender) == ["card"])
    back.refund.parts[0].typed = "1.25"
    #expect(
      back.confirmText
        == "1 pc Blue Mug, £4.25\n£1.25 goes back by: Card\nThe rest goes back by: Cash")

    await root.history.takeBack()

    let text = try #require(root.history.document?.text)
    #expect(root.history.document?.row.total.minor == -4_25)
    #expect(text.contains("1.25") && text.contains("3.00"), "\(text)")
    #expect(back.refund.parts.isEmpty)
  }

  @Test func theHistoryShowsOneDayOfThoseThatHaveDocuments() async throws {
    let till = try await TillKit.preview()
    try await till.sellMugs(1)
    let model = HistoryModel(till: till, formats: .english)

    await model.refresh()
    let day = try #require(model.days.first)
    #expect(model.days == [day])
    await model.show(section: nil, mark: nil, day: day)
    #expect(model.rows.map(\.kind) == ["sale"] && model.day == day)
    await model.show(section: nil, mark: nil, day: "2001-01-01")
    #expect(model.rows.isEmpty && model.days == [day])
  }

  @Test func cashMovesAndTheDayIsClosedWithWhatWasCountedAndSaysWhatIsLeftToSend() async throws {
    let (_, sell, cash) = try await signedIn()
    sell.query = "MUG"
    await sell.enterCode()
    let tender = try #require(sell.screen?.tenders.first { $0.tender == "cash" })
    await sell.pay(by: tender)
    await sell.complete()
    await cash.refresh()

    async let tap: Void = cash.move(.floatIn, tender: tender, typed: "100", reason: "float")
    async let bounce: Void = cash.move(.floatIn, tender: tender, typed: "100", reason: "float")
    _ = await (tap, bounce)
    #expect(cash.recorded != nil && cash.trouble == nil)
    await cash.move(.payOut, tender: tender, typed: "lots", reason: "?")
    #expect(cash.recorded == nil && cash.trouble?.cause == "That is no amount.")
    await cash.showInterim()
    #expect(!cash.isClosed && cash.turnoverText == "£4.25")
    #expect(cash.titleText == "X report towards Z 1")
    #expect(cash.unsentText == "2 documents are still to be sent")
    await cash.closeDay(counted: ["cash": TypedCount(amount: "104.00")])

    #expect(cash.isClosed && cash.countsText == "1 sales, 0 returns" && !cash.isBusy)
    #expect(cash.titleText == "Day closed, Z 1")
    #expect(cash.unsentText == "3 documents are still to be sent")
    let drawer = try #require(cash.period?.tenders.first { $0.tender == "cash" })
    #expect(cash.texts(drawer) == ("Cash", "£104.25", "-£0.25"))
  }

  @Test func aTenderWithoutListedCoinsIsCountedByItsAmountAlone() async throws {
    let (_, _, cash) = try await signedIn()
    await cash.refresh()
    let drawer = try #require(cash.drawer.first)
    #expect(!cash.canCountPieces(of: drawer) && cash.faces(of: drawer).isEmpty)

    // The centre may have taken the coins off its list while they were counted.
    let count = TypedCount(amount: "1.00", pieces: [20: "9"], isByPieces: true)
    await cash.closeDay(counted: ["cash": count])

    let total = try #require(cash.period?.tenders.first { $0.tender == "cash" })
    #expect(cash.texts(total).difference == "£1.00")
  }

  @Test func theDayIsOpenedWithItsFloatAndASyncOfItsOwnAndEndsWithItsClosure() async throws {
    let till = try await TillKit.preview()
    let cashier = try await till.signIn(user: "anna", pin: "1234")
    let cash = CashModel(till: till, cashier: cashier, formats: .english)
    await cash.refresh()
    #expect(cash.openedText == nil && cash.mayMove && cash.mayClose)
    #expect(cash.drawer.map(\.tender) == ["cash", "euros"])

    await cash.openDay(floats: ["cash": TypedCount(amount: "lots")])
    #expect(cash.trouble?.cause == "That is no amount." && cash.openedMs == nil)
    let floatsTyped = ["cash": "75.00", "euros": "0", "card": "1"].mapValues { TypedCount(amount: $0) }
    await cash.openDay(floats: floatsTyped)

    #expect(cash.openedText?.hasPrefix("Open since ") == true && cash.trouble == nil)
    let floats = try await till.history(kinds: ["cash_movement"]).rows
    #expect(floats.map(\.total.minor) == [75_00])
    for await _ in till.syncScreens {
      if try await till.runs().runs.contains(where: { $0.trigger == "opening" }) { break }
    }
    await cash.closeDay(counted: [:])
    #expect(cash.openedText == nil, "the next one can be opened")
  }

  @Test func whatIsLeftOfAClosedDayIsSentOnTheSyncPage() async throws {
    let (root, _, cash) = try await signedIn()
    root.sync.show(.sample(.upToDate))
    root.go(to: .cash)
    await cash.closeDay(counted: [:])
    #expect(cash.left == 1)

    cash.syncNow()

    #expect(cash.period == nil && root.place == .sync)
  }

  @Test func settingsShowTheTillAndAnEditedPriceWillBeReplaced() async throws {
    let (root, _, _) = try await signedIn()
    await root.settings.refresh()
    #expect(root.settings.tillText == "Till T3" && root.settings.centreText == "High Street")

    let edits = root.settings.edits
    #expect(root.settings.mayEdit)
    edits.beginPrice()
    await edits.find("earl")
    edits.choose(try #require(edits.hits.first))
    edits.price = "0"
    #expect(!edits.canSavePrice)
    edits.price = "3,05"
    await edits.savePrice()

    let edit = try #require(root.settings.screen?.edits.first)
    #expect(edit.key == "tea" && root.settings.detail(edit).hasPrefix("by anna") && !edits.isEditingPrice)
    let sell = try #require(root.sell)
    sell.query = "earl"
    await sell.refresh()
    #expect(sell.screen?.hits.map(sell.priceText) == ["£3.05"])
    root.signOut()
    #expect(!root.settings.mayEdit)
  }

  @Test func theFootOfReceiptsIsEditedLineByLine() async throws {
    let (root, sell, _) = try await signedIn()
    let edits = root.settings.edits
    await edits.beginFooter()
    #expect(edits.isEditingFooter && edits.footer == "Thank you")

    edits.footer += "\n\nOpen till 5 \n\n"
    await edits.saveFooter()

    #expect(!edits.isEditingFooter && root.settings.screen?.edits.map(\.kind) == ["receipt_layout"])
    sell.query = "MUG"
    await sell.enterCode()
    await sell.pay(by: try #require(sell.screen?.tenders.first { $0.tender == "cash" }))
    await sell.complete()
    let printed = sell.receipt?.text.split(separator: "\n").suffix(2)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(printed == ["Thank you", "Open till 5"])
  }

  @Test func whoIsSignedInEnrolsAgainAndNobodyIsToldToSignIn() async throws {
    let (root, _, _) = try await signedIn()
    let settings = root.settings
    settings.address = "http://127.0.0.1:1"
    #expect(!settings.canEnrol, "without a code")
    settings.pairingCode = "AB12-CD34"
    await settings.refresh()
    #expect(settings.enrolText == "Enrol this phone again" && settings.canEnrol)
    await settings.enrol()
    #expect(settings.trouble?.code == "no-route", "it was allowed, and asked for")

    root.signOut()
    await settings.enrol()
    #expect(settings.trouble?.cause == "You may not do that.")
    #expect(settings.trouble?.advice == "Sign in with somebody who may enrol.")
  }

  @Test func aFileThatCannotBeWrittenOrReadSaysWhy() async throws {
    let files = try await signedIn().root.settings.files
    let nowhere = URL(fileURLWithPath: "/nowhere/receipt")
    struct Full: LocalizedError { var errorDescription: String? { "no space" } }

    files.saved(.failure(Full()))
    #expect(files.trouble?.cause == "The file could not be written." && files.trouble?.facts == "no space")
    await files.takeReceipt(at: nowhere)
    #expect(files.trouble?.code == "file" && files.trouble?.safety == "Your data is safe.")
    let page = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).receipt")
    try Data("no receipt".utf8).write(to: page)
    defer { try? FileManager.default.removeItem(at: page) }
    await files.takeReceipt(at: page)
    #expect(files.trouble?.code == "receipt-forged" && files.receipt == nil)
  }

  @Test func anOfficeThatIsNotThereIsExplainedStepByStep() async throws {
    let (root, _, _) = try await signedIn()
    root.settings.address = "http://127.0.0.1:1"
    await root.settings.testConnection()

    #expect(root.settings.steps.map(root.settings.texts).map(\.title) == ["Address", "Connection"])
    #expect(root.settings.steps.map(\.outcome) == [.good, .bad] && !root.settings.isBusy)
    await root.settings.showCentres()
    #expect(root.settings.trouble?.cause == "The back office cannot be reached.")
  }

  @Test func onlySyncAndSettingsAreOpenBeforeTheFirstSync() async throws {
    let (root, _, _) = try await signedIn()
    root.sync.show(.sample(.new))
    root.go(to: .sell)
    let open = Place.allCases.filter { root.isOpen($0) }
    #expect(root.place == .sync && open == [.sync, .settings])

    root.sync.show(.sample(.upToDate))
    root.go(to: .sell)
    #expect(root.place == .sell)
  }

  @Test func aWrongPinOpensNothingAndSigningOutClosesEverything() async throws {
    let root = RootModel(till: try await TillKit.preview(), device: "test", formats: .czech)
    await root.refreshUsers()
    #expect(root.users.map(\.user) == ["anna"])

    await root.signIn(user: "anna", pin: "0000")
    #expect(root.sell == nil && root.trouble?.cause == "Uživatel a PIN k sobě nepatří.")
    await root.signIn(user: "anna", pin: "1234")
    #expect(root.sell?.user == "anna" && root.trouble == nil)
    root.signOut()
    #expect(root.sell == nil && root.cash == nil && root.settings.cashier == nil)
  }

  @Test func nobodySignsOutOfAnOpenSale() async throws {
    let (root, sell, _) = try await signedIn()
    root.sync.show(.sample(.upToDate))
    sell.query = "MUG"
    await sell.enterCode()

    root.signOut()

    #expect(root.sell === sell && root.place == .sell)
    #expect(root.notices.shown?.text.hasSuffix("Your data is safe.") == true)
    await sell.cancelSale()
    root.signOut()
    #expect(root.sell == nil)
  }

  @Test func whatARealTillsOfficeDidNotAnswerIsSaidOverEveryPage() async throws {
    let (root, _, _) = try await signedIn()
    let watching = Task { await root.sync.watch() }
    while root.sync.screen == nil { await Task.yield() }

    await root.sync.syncRow("items")
    watching.cancel()

    #expect(
      root.notices.shown?.text
        == "Sync ended: The back office cannot be reached. Your data is safe.")
  }
}

extension TillKit {
  /// Anna sells so many mugs for cash, one by one.
  func sellMugs(_ count: Int) async throws {
    let cashier = try await signIn(user: "anna", pin: "1234")
    for _ in 0..<count {
      try await cashier.add(code: "MUG")
      try await cashier.payRest(by: "cash")
      try await cashier.complete()
    }
  }
}
