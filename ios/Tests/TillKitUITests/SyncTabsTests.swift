import Testing
import TillKit

@testable import TillKitUI

/// What came, what went, and the runs, on a till in memory that really sells.
@MainActor @Suite struct SyncTabsTests {
  @Test func anObjectsRowsAreReadPageByPageSearchedAndOpened() async throws {
    let model = ObjectsModel(till: try await TillKit.preview(), formats: .english, pageSize: 4)

    await model.open(kind: "item")
    #expect(model.rows.map(\.key) == ["bag", "book", "candle", "coffee"])
    #expect(model.total == 6 && model.hasMore && model.title == "Items")
    await model.readOn()
    #expect(model.rows.map(\.key).suffix(2) == ["mug", "tea"] && !model.hasMore)
    await model.find("earl")
    #expect(model.rows.map(model.detail) == ["tea · Price £2.55 · VAT Standard · Codes 5901234123457"])

    await model.open(kind: "item", key: "tea")
    #expect(model.title == "Earl Grey Tea")
    let group = model.opened?.facts.first { $0.name == "group" }
    #expect(group.map(Formats.english.fact) == "Drinks")
    model.close()
    #expect(model.opened == nil && model.kind == "item")
    model.close()
    #expect(!model.isOpen && model.rows.isEmpty)
  }

  @Test func aChangeIsSaidFromAndToInTheCurrencyOfTheCentre() {
    let line = { (what: ChangeWhat, before: String?, after: String?, fromMs: Int64?) in
      let change = ChangeLine(
        atMs: 0, what: what, kind: "item", key: "tea", name: "Tea", before: before, after: after,
        fromMs: fromMs)
      return Formats.english.fromTo(change, "GBP")
    }
    #expect(line(.price, "2.55", "2.95", nil) == "£2.55 → £2.95")
    #expect(line(.vat, "20", "0", nil) == "20 % → 0 %")
    #expect(line(.new, nil, "12.75", nil) == "£12.75")
    #expect(line(.edit, "Open till 5", nil, nil) == "Open till 5")
    #expect(line(.price, "2.55", "2.95", SyncScreen.sampleNowMs + 60_000) == "£2.55 → £2.95 from 10:16")
  }

  @Test func beforeAnythingHasChangedReceivedIsEmpty() async throws {
    let model = ReceivedModel(till: try await TillKit.preview(), formats: .english)
    await model.refresh()
    await model.find("tea")
    #expect(model.entries.isEmpty && !model.hasMore && model.trouble == nil)
  }

  @Test func theJournalSaysWhyARunFailedAndCanBeSharedWithSupport() async throws {
    let till = try await TillKit.preview()
    _ = try await till.sync(.section(section: "items"))
    let model = RunsModel(till: till, formats: .english)

    await model.refresh()

    // The engine may have tried again by itself since.
    let run = try #require(
      model.runs.first(where: { model.title($0).hasPrefix("Items and prices · ") }))
    #expect(model.result(run) == "The back office cannot be reached.")
    #expect(model.detail(run).hasPrefix("a row's icon · "))
    #expect(model.detail(run).hasSuffix("0 documents sent"))
    #expect(model.text.contains("row items no-route"))
  }

  @Test func sentShowsEverythingThatGoesUpBySectionAndState() async throws {
    let till = try await TillKit.preview()
    try await till.sellMugs(1)
    let (sent, history) = (
      HistoryModel(till: till, formats: .english, withEvents: true),
      HistoryModel(till: till, formats: .english)
    )

    await sent.refresh()
    await history.refresh()
    #expect(sent.rows.map(\.kind).contains("event") && history.rows.map(\.kind) == ["sale"])
    await sent.show(section: "events", mark: .local, day: nil)
    #expect(Set(sent.rows.map(\.kind)) == ["event"])
    await sent.show(section: "events", mark: .settled, day: nil)
    #expect(sent.rows.isEmpty)
    await sent.open(try #require(history.rows.first).place)
    #expect(sent.document.map(sent.way) == "", "it has not gone anywhere yet")
  }
}
