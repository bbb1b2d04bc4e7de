import Foundation
import Testing
import TillKit

@testable import TillKitUI

@MainActor @Suite struct SyncModelTests {
  @Test func everyRowsIconSyncsExactlyItsSection() async {
    let till = FakeTill()
    let model = SyncModel(till: till)
    model.show(.sample(.upToDate))

    for row in model.rows { await model.syncRow(row.id) }

    #expect(model.rows.count == 20)
    #expect(till.heard == SyncScreen.sample(.upToDate).rows.map { "sync \($0.section)" })
  }

  @Test func theRedButtonItsMenuTheBannerAndCancelAskForWhatTheySay() async {
    let till = FakeTill()
    let model = SyncModel(till: till)

    await model.syncAll()
    await model.syncAll()
    await model.syncAllWithoutAttachments()
    await model.confirmNews()
    await model.cancel()

    #expect(till.heard == ["sync all", "sync all", "sync all without attachments", "confirm", "cancel"])
  }

  @Test func everySectionAndKindOfTheTillHasATitleInBothLanguages() {
    for row in SyncScreen.sample(.new).rows {
      #expect(SectionName(rawValue: row.section) != nil, "\(row.section) has no title")
      for object in row.objects { #expect(KindName(rawValue: object.kind) != nil, "\(object.kind)") }
    }
    #expect(SectionName.allCases.count == SyncScreen.sample(.new).rows.count)
    let untranslated = SectionName.allCases.filter { English().title(of: $0) == Czech().title(of: $0) }
    #expect(untranslated.isEmpty)
  }

  @Test func theUnsentNumberStandsWithItsAmountAndAge() {
    let model = SyncModel(till: FakeTill())
    model.show(.sample(.unsent))

    #expect(model.unsent == 4 && model.unsentText == "4 unsent")
    #expect(model.unsentFacts == "£38.40 · oldest 14 min")
    let sales = model.rows.first { $0.id == "sales" }
    #expect(sales?.badge == 2 && sales?.word == "Unsent")
    #expect(sales?.detail.hasPrefix("£38.40") == true)
  }

  @Test func aRedRowSaysWhyThatDataIsSafeAndWhatToDo() {
    let model = SyncModel(till: FakeTill())
    model.show(.sample(.red))

    let items = model.rows.first { $0.id == "items" }
    #expect(items?.state == .failed)
    #expect(items?.trouble?.cause == "It did not arrive whole; what was here is still here.")
    #expect(items?.trouble?.facts?.contains("999 rows are here") == true)
    #expect(items?.trouble?.safety == "Your data is safe.")
    #expect(items?.trouble?.advice == "Tap the row's icon again.")
    #expect(items?.objects.filter(\.isRed).map(\.id) == ["price"])
    let promotions = model.rows.first { $0.id == "promotions" }
    #expect(promotions?.state == .blocked && promotions?.word == "Waits for Items and prices")
  }

  @Test func whatEndedReceivingEarlyStandsBesideWhatWasNotSent() {
    let model = SyncModel(till: FakeTill())
    var screen = SyncScreen.sample(.upToDate)
    model.show(screen)
    #expect(model.receiveTrouble == nil && model.sendTrouble == nil)

    let trouble = { Trouble(code: $0, sentence: "", dataIsSafe: true, advice: $1) }
    screen.receiveTrouble = trouble("nothing-published", .askBackOffice)
    screen.sendTrouble = trouble("document-refused", .askBackOffice)
    model.show(screen)

    #expect(model.receiveTrouble?.cause == "The centre has published nothing yet.")
    #expect(model.receiveTrouble?.advice == "Ask the back office to look at it.")
    #expect(model.sendTrouble?.cause == "The back office did not take a document.")
  }

  @Test func whatANewerCentreHasIsShownAndNotAnError() {
    let model = SyncModel(till: FakeTill())
    model.show(.sample(.newer))

    let loyalty = model.rows.last { $0.isDown }
    #expect(loyalty?.id == "loyalty" && loyalty?.word == "Not used by this version")
    let items = model.rows.first { $0.id == "items" }
    #expect(items?.objects.filter { !$0.isUsed }.map(\.detail) == ["12 · Not used by this version"])
  }

  @Test func offlineSaysWhySinceWhenAndWhenItIsTriedAgain() {
    let model = SyncModel(till: FakeTill())
    model.show(.sample(.offline))

    #expect(model.isOffline)
    #expect(model.lineText == "Offline since 10:03: The back office cannot be reached.")
    #expect(model.timesText == "Last full sync 25 min ago · Next try at 10:15:24")
  }

  @Test func theBannerNamesWhatIsNewAndWhatConfirmingCosts() {
    let model = SyncModel(till: FakeTill())
    model.show(.sample(.news))

    #expect(model.banner?.text == "New at the centre: Items and prices, Promotions")
    #expect(model.banner?.cost == "1 edit made on this till will go")
    model.show(.sample(.upToDate))
    #expect(model.banner == nil)
  }

  @Test func aNewPhoneSaysWhatIsMissingInsteadOfSyncing() {
    let model = SyncModel(till: FakeTill())
    model.show(.sample(.new))

    #expect(model.buttonTrouble?.cause == "This phone is no till yet.")
    #expect(
      model.lackingText
        == "To sell, this is missing: Directories, Items and prices, Users, Numbering, Centre and receipt")
  }

  @Test func aGateThatStaysShutNamesWhatIsMissingAndTriesJustThatAgain() async {
    let till = FakeTill()
    let model = SyncModel(till: till)
    model.show(.sample(.gateRed))

    #expect(model.missing.map(\.action) == ["Sync Numbering"])
    #expect(model.missing.first?.detail == "It did not arrive whole; what was here is still here.")
    for missing in model.missing { await model.syncRow(missing.id) }
    #expect(till.heard == ["sync numerators"])
    model.show(.sample(.new))
    #expect(model.missing.isEmpty, "nothing has failed yet: the red button brings all")
  }

  @Test func theCentresConfirmationAndWhatTheNewestSyncChangedAreSaid() {
    let model = SyncModel(till: FakeTill())
    model.show(.sample(.unsent))
    #expect(model.confirmedText == "The centre confirms 1–4,808 of 4,812")

    model.show(.sample(.upToDate))
    #expect(model.confirmedText == "The centre confirms 1–4,812")
    #expect(
      model.changesText
        == "Changed 25 min ago: 3 prices · 12 new items · 1 no longer for sale · Exchange rates: 2 added")
  }

  @Test func aRunShowsItsPercentageItsStageAndABarForEachPart() {
    let model = SyncModel(till: FakeTill())
    model.show(.sample(.running))

    #expect(model.isRunning && model.percentText == "64%")
    #expect(model.stageText == "Ready, waits for this receipt")
    #expect(model.bars.map(\.title) == ["Items and prices", "Exchange rates", "Documents"])
    #expect(model.bars.map(\.fraction) == [1, 0, 0.25])
  }

  @Test func theEndOfARunThatSomebodyAskedForIsSaidOnceAndWhatTheTillDoesByItselfIsNot() async {
    let (till, notices) = (FakeTill(), Notices())
    let model = SyncModel(till: till, formats: .english, notices: notices)
    await model.follow(.sample(.upToDate))
    #expect(notices.shown == nil, "what ended before the screen was opened is no news")

    till.trigger = "reconnect"
    await model.follow(.ended("no-route", run: 1))
    #expect(notices.shown == nil)

    till.trigger = "closing"
    await model.follow(.ended("done", run: 2))
    let said = notices.shown
    #expect(said?.text == "Complete: 1,204 rows received, 12 documents sent" && said?.isBad == false)
    said.map(notices.seen)
    await model.follow(.ended("done", run: 2))
    #expect(notices.shown == nil)

    await model.follow(.ended("server-down", run: 3))
    #expect(notices.shown?.text.hasSuffix("The back office cannot answer now. Your data is safe.") == true)
    #expect(notices.shown?.isBad == true)
    said.map(notices.seen)
    #expect(notices.shown != nil, "a newer one has come")
  }

  @Test func whoJoinsARunThatTheTillBeganHearsOfItsEndOnce() async {
    let (till, notices) = (FakeTill(), Notices())
    let model = SyncModel(till: till, formats: .english, notices: notices)
    await model.follow(.sample(.upToDate))
    (till.trigger, till.last) = ("schedule", .ended("nothing_new", run: 1))

    await model.syncAll()
    #expect(notices.shown?.text == "Complete: nothing was new")
    notices.shown.map(notices.seen)
    till.trigger = "red_button"
    await model.follow(.ended("nothing_new", run: 1))

    #expect(notices.shown == nil)
  }

  @Test func goingOfflineAndOnlineIsSaidAndTheFirstAnswerIsNot() async {
    let notices = Notices()
    let model = SyncModel(till: FakeTill(), formats: .english, notices: notices)
    var screen = SyncScreen.sample(.upToDate)
    screen.line = .unknown
    await model.follow(screen)
    screen.line = SyncScreen.sample(.upToDate).line
    await model.follow(screen)
    #expect(notices.shown == nil)

    screen.line = SyncScreen.sample(.offline).line
    await model.follow(screen)
    #expect(notices.shown?.text == "Offline since 10:03: The back office cannot be reached.")
    screen.line = SyncScreen.sample(.upToDate).line
    await model.follow(screen)
    #expect(notices.shown?.text == "Online")
  }

  @Test func aRefusalIsShownUntilTheNextSuccess() async {
    let till = FakeTill()
    let model = SyncModel(till: till)

    till.refusal = .NotReady(code: "not-enrolled", sentence: "no", dataSafe: true)
    await model.syncAll()
    #expect(model.trouble?.cause == "This phone is no till yet." && model.trouble?.facts == "no")

    till.refusal = nil
    await model.syncAll()
    #expect(model.trouble == nil)
  }

  @Test func aRealTillsScreenIsFollowedUntilTheTaskIsCancelled() async throws {
    let model = SyncModel(till: try await TillKit.preview())
    let watching = Task { await model.watch() }
    while model.screen == nil { await Task.yield() }

    #expect(model.screen?.canSell == true && model.rows.count == 20)
    watching.cancel()
    await watching.value
  }
}

extension SyncModel {
  fileprivate convenience init(till: any SyncVerbs) {
    self.init(till: till, formats: .english, notices: Notices())
  }
}

extension SyncScreen {
  /// After so many more runs, the last of which ended like this.
  fileprivate static func ended(_ result: String, run: UInt64) -> SyncScreen {
    var screen = SyncScreen.sample(.upToDate)
    screen.lastRun?.number += run
    screen.lastRun?.result = result
    return screen
  }
}

/// Remembers what it was asked for.
private final class FakeTill: SyncVerbs, @unchecked Sendable {
  private let lock = NSLock()
  private var asked: [String] = []
  private var refused: TillError?
  private var newest = (trigger: "", last: SyncScreen.sample(.upToDate))

  var heard: [String] { lock.withLock { asked } }
  var refusal: TillError? {
    get { lock.withLock { refused } }
    set { lock.withLock { refused = newValue } }
  }

  /// What asked for the newest run, and the screen after it.
  var trigger: String {
    get { lock.withLock { newest.trigger } }
    set { lock.withLock { newest.trigger = newValue } }
  }
  var last: SyncScreen {
    get { lock.withLock { newest.last } }
    set { lock.withLock { newest.last = newValue } }
  }

  func syncScreen() async throws(TillError) -> SyncScreen { last }
  func runs(limit: UInt32) async throws(TillError) -> RunsScreen {
    let run = RunRow(
      startedMs: 0, durationMs: 0, trigger: trigger, section: nil, isWithoutAttachments: false,
      isComplete: true, result: "", trouble: nil, receivedRows: 0, receivedBytes: 0, sentDocuments: 0)
    return RunsScreen(runs: [run], text: "")
  }

  let syncScreens = AsyncStream<SyncScreen> { $0.finish() }

  func sync(_ scope: SyncScope) async throws(TillError) -> SyncReport? {
    switch scope {
    case .all: try hear("sync all")
    case .allWithoutAttachments: try hear("sync all without attachments")
    case .section(let section): try hear("sync \(section)")
    }
    return SyncReport(
      isComplete: true, isCancelled: false, result: "", applied: [], receivedRows: 0, receivedBytes: 0,
      sentDocuments: 0, troubles: [])
  }

  func confirmNews() async throws(TillError) -> SyncReport? {
    try hear("confirm")
    return nil
  }

  func cancelSync() async throws(TillError) { try hear("cancel") }

  private func hear(_ verb: String) throws(TillError) {
    if let refusal { throw refusal }
    lock.withLock { asked.append(verb) }
  }
}
