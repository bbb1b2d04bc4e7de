import Testing

@testable import TillKit
@testable import TillKitUI

/// The drawer of a shop whose centre lists the coins and notes of the pound.
@MainActor @Suite struct CoinCountTests {
  private let office: Office
  private let folder: Folder
  private let till: TillKit
  private let anna: Cashier

  init() async throws {
    (office, folder) = (try Office(), try Folder())
    let pound = #"{"k":"currency","id":"GBP","d":{"name":"Pound","faces_minor":[20,500,5,1000,50]}}"#
    try await office.put(rows: [pound])
    try await office.publish()
    till = try await folder.openSynced(with: office)
    anna = try await till.signIn(user: "anna", pin: "1234")
  }

  @Test func theDrawerIsCountedByPiecesTheLargestFirstAndTheSumFollowsEachOne() async throws {
    try await anna.sell("BOOK")
    let cash = await model()
    let drawer = try #require(cash.tenders.first { $0.tender == "cash" })
    #expect(cash.faces(of: drawer) == [10_00, 5_00, 50, 20, 5])
    #expect(cash.faceText(10_00, of: drawer) == "£10.00" && cash.faceText(5, of: drawer) == "£0.05")
    let others = cash.tenders.filter { $0.tender != "cash" }
    #expect(!others.isEmpty && !others.contains { cash.canCountPieces(of: $0) }, "no coins of it are listed")

    var count = TypedCount(isByPieces: true)
    #expect(cash.sumText(count, of: drawer) == "Sum: £0.00")
    count.pieces[10_00] = "1"
    #expect(cash.sumText(count, of: drawer) == "Sum: £10.00")
    count.pieces[20] = " 7 "
    count.pieces[5] = "0"
    #expect(cash.sumText(count, of: drawer) == "Sum: £11.40")
    await cash.closeDay(counted: ["cash": count])

    #expect(cash.isClosed && cash.trouble == nil)
    let total = try #require(cash.period?.tenders.first { $0.tender == "cash" })
    #expect(cash.texts(total) == ("Cash", "£12.00", "-£0.60"))
    let closure = try await till.document(try #require(cash.period?.place)).text
    let pieces = closure.split(separator: "\n").filter { $0.contains(".pieces.") }
    #expect(
      pieces == [
        "totals.tenders.1.pieces.1.count: 7", "totals.tenders.1.pieces.1.face_minor: 20",
        "totals.tenders.1.pieces.2.count: 1", "totals.tenders.1.pieces.2.face_minor: 1000",
      ])
  }

  @Test func whatIsNoWholeNumberIsRefusedAndTheDayStaysOpen() async throws {
    let cash = await model()
    let drawer = try #require(cash.tenders.first { $0.tender == "cash" })

    for wrong in ["1.5", "-1", "lots", "1,250", "4294967296"] {
      let count = TypedCount(pieces: [10_00: "2", 20: wrong], isByPieces: true)
      #expect(cash.sumText(count, of: drawer) == "Type whole numbers only, for example 12.")
      await cash.closeDay(counted: ["cash": count])
      #expect(cash.trouble != nil && cash.period == nil && !cash.isBusy, "\(wrong)")
    }

    await cash.closeDay(counted: ["cash": TypedCount(pieces: [20: "1.5"], isByPieces: true)])
    #expect(cash.trouble?.facts == "1.5 is not a whole number of coins or notes")
    await cash.closeDay(counted: ["cash": TypedCount(pieces: [20: "1,250"], isByPieces: true)])
    #expect(cash.trouble?.cause == "1,250 can be 1250 or 1.25. Type 1250 or 1.25.")
    #expect(cash.trouble?.safety == "Your data is safe.")
    await cash.closeDay(counted: ["cash": TypedCount(pieces: [20: "2.0"], isByPieces: true)])
    #expect(cash.isClosed && cash.trouble == nil)
  }

  @Test func aSumTooLargeForAnAmountIsRefusedAndNotWrapped() async throws {
    let cash = await model()
    var coins = try #require(cash.tenders.first { $0.tender == "cash" })
    coins.facesMinor = [.max, 1]

    for pieces in [[Int64.max: "2"], [Int64.max: "1", 1: "1"]] {
      let count = TypedCount(pieces: pieces, isByPieces: true)
      #expect(cash.sumText(count, of: coins) == "Type whole numbers only, for example 12.")
    }
  }

  @Test func goingBackToOneAmountCountsTheAmountAndKeepsWhatWasTyped() async throws {
    let cash = await model()
    var count = TypedCount(amount: "3.00", pieces: [20: "lots"], isByPieces: true)
    await cash.closeDay(counted: ["cash": count])
    #expect(cash.trouble != nil && cash.period == nil)

    count.isByPieces = false
    await cash.closeDay(counted: ["cash": count])

    #expect(cash.isClosed && count.pieces == [20: "lots"])
    let total = try #require(cash.period?.tenders.first { $0.tender == "cash" })
    #expect(cash.texts(total).difference == "£3.00")
  }

  @Test func noPieceTypedMeansNotCountedAndZeroMeansAnEmptyDrawer() async throws {
    let cash = await model()
    try await anna.sell("BOOK")
    await cash.closeDay(counted: ["cash": TypedCount(pieces: [20: " ", 50: ""], isByPieces: true)])
    let uncounted = try #require(cash.period?.tenders.first { $0.tender == "cash" })
    #expect(uncounted.differenceMinor == nil)
    cash.closeReport()
    try await anna.sell("BOOK")

    await cash.closeDay(counted: ["cash": TypedCount(pieces: [20: "0"], isByPieces: true)])

    let empty = try #require(cash.period?.tenders.first { $0.tender == "cash" })
    #expect(empty.differenceMinor == -12_00)
  }

  @Test func theFloatIsCountedByPiecesAndItsSumIsRecorded() async throws {
    let cash = await model()
    let wrong = TypedCount(pieces: [10_00: "five"], isByPieces: true)
    await cash.openDay(floats: ["cash": wrong])
    #expect(cash.trouble != nil && cash.openedMs == nil)

    let count = TypedCount(pieces: [10_00: "5", 50: "3"], isByPieces: true)
    await cash.openDay(floats: ["cash": count])

    #expect(cash.openedMs != nil && cash.trouble == nil)
    let floats = try await till.history(kinds: ["cash_movement"]).rows
    #expect(floats.map(\.total.minor) == [51_50])
  }

  private func model() async -> CashModel {
    let cash = CashModel(till: till, cashier: anna, formats: Formats(English()))
    await cash.refresh()
    return cash
  }
}
