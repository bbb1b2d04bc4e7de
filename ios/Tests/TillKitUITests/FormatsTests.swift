import Testing
import TillKit

@testable import TillKitUI

@Suite struct FormatsTests {
  @Test func amountsAreWrittenInEachCountrysWay() {
    let pounds = Amount(minor: -123_456, currency: "GBP", decimals: 2)
    let crowns = Amount(minor: 123_450, currency: "CZK", decimals: 2)
    let yen = Amount(minor: 1_000, currency: "JPY", decimals: 0)

    #expect(Formats.english.amount(pounds) == "-£1,234.56")
    #expect(plain(Formats.czech.amount(crowns)) == "1 234,50 Kč")
    #expect(Formats.english.amount(yen) == "JP¥1,000")
    #expect(Formats.english.amounts([pounds, yen]) == "-£1,234.56 · JP¥1,000")
  }

  @Test func quantitiesAndPricesOfTheCoreAreReadWithAPointAndWrittenInTheLanguage() {
    #expect(Formats.english.quantity("1.5") == "1.5")
    #expect(Formats.czech.quantity("1.5") == "1,5")
    #expect(Formats.english.quantity("a few") == "a few")
    #expect(Formats.english.price("2.55", "GBP") == "£2.55")
  }

  @Test func timesAreToldFromNow() {
    let now = SyncScreen.sampleNowMs
    let minute: Int64 = 60_000
    #expect(Formats.english.ago(now + minute) == "just now")
    #expect(Formats.english.ago(now - 25 * minute) == "25 min ago")
    #expect(Formats.czech.ago(now - 25 * minute) == "před 25 min")
    #expect(Formats.english.ago(now - 49 * 60 * minute) == "2 days ago")
    #expect(Formats.english.moment(now) == "10:15")
    #expect(Formats.english.moment(now - 24 * 60 * minute).hasPrefix("8 Mar 2026"))
    #expect(Formats.english.businessDay("2026-03-09") == "9 Mar 2026")
    #expect(Formats.english.businessDay("someday") == "someday")
  }

  @Test func whatHasNoTextKeepsTheCoresOwnSentence() {
    let trouble = Trouble(code: "brand-new", sentence: "something new", dataIsSafe: false, advice: .wait)
    let shown = Formats.english.trouble(trouble)

    #expect(shown.cause == "something new" && shown.facts == nil)
    #expect(shown.safety == "Data may be lost: call for help before you go on.")
    #expect(Formats.english.title(ofSection: "holograms") == "holograms")
  }

  /// Without the spaces that do not break.
  private func plain(_ text: String) -> String {
    String(text.map { $0 == "\u{a0}" || $0 == "\u{202f}" ? " " : $0 })
  }
}
