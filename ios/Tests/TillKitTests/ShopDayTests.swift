import Foundation
import Testing

@testable import TillKit

@Suite struct ShopDayTests {
  @Test func aTillEnrolsSyncsSellsClosesSendsAndFollowsItsCentre() async throws {
    let (office, folder, hints) = (try Office(), try Folder(), ManualNetworkHints())
    // So many that the first sync takes long enough to be watched.
    try await office.put(items: (1...20_000).map { ("i\($0)", "1.00") })
    try await office.publish()
    let till = try await folder.open(network: hints)
    let watcher = Watcher(till)

    let enrolled = try await till.enrol(url: office.facts.url, code: office.facts.code, device: "phone")
    #expect(enrolled.till == "T1" && enrolled.enrolment == 1)
    #expect(try await till.centres().map(\.centre) == ["main"])
    try await till.chooseCentre("main")
    let first = try #require(try await till.sync(.all))
    #expect(first.isComplete)
    // The till may have begun by itself, as soon as it heard its centre: then this run found all of it here.
    let items = try await till.syncScreen().rows.first { $0.section == "items" }
    #expect(items?.state == .upToDate && items?.count == 20_003)
    let seen = await watcher.untilFirstRunEnded()
    #expect(!seen.percents.isEmpty, "the run was not watched")
    #expect(seen.percents == seen.percents.sorted(), "progress went back")
    #expect(seen.last.canSell && seen.last.lastRun?.isComplete == true)

    let cashier = try await till.signIn(user: "anna", pin: "1234")
    for _ in 1...100 { try await cashier.sell("5901234123457") }
    try await cashier.moveCash(.floatIn, tender: "cash", minor: 100_00, currency: "GBP", reason: "float")
    let closed = try await cashier.closePeriod()
    #expect(closed.sales == 100 && closed.gross.minor == 100 * 2_55)
    #expect(try await till.unsent().documents == 102)

    let sales = try #require(try await till.sync(.section(section: "sales")))
    #expect(sales.sentDocuments == 100)
    #expect(try await till.unsent().documents == 2)
    let all = try #require(try await till.sync(.all))
    #expect(all.isComplete && all.sentDocuments >= 2)
    #expect(try await till.unsent().documents == 0)

    try await office.put(items: [("tea", "3.05")])
    try await office.publish()
    hints.networkAppeared()
    let news = try await till.screen { $0.news != nil }.news
    #expect(news?.sections == ["items"])
    #expect(try await cashier.sell("5901234123457").total.minor == 2_55, "nobody has confirmed")
    let confirmed = try #require(try await till.confirmNews())
    // The stock of what was sold may have come with it.
    #expect(confirmed.isComplete && Set(confirmed.applied).subtracting(["stock"]) == ["items"])
    #expect(try await till.syncScreen().news == nil)
    #expect(try await cashier.sell("5901234123457").total.minor == 3_05)
  }

  @Test func aTillThatWasClosedIsTheSameWhenItIsOpenedAgain() async throws {
    let (office, folder) = (try Office(), try Folder())
    var till: TillKit? = try await folder.openSynced(with: office)
    var cashier: Cashier? = try await till?.signIn(user: "bob", pin: "4321")
    try await cashier?.sell("MUG")
    (till, cashier) = (nil, nil)

    let again = try await folder.open()

    #expect(try await again.unsent().documents == 1)
    #expect(try await again.settings().till == "T1")
    #expect(try await again.syncScreen().canSell)
  }

  @Test func aCancelledSyncIsGoneOnWithByTheNextOne() async throws {
    let (office, folder) = (try Office(), try Folder())
    try await office.put(items: (1...40_000).map { ("i\($0)", "1.00") })
    try await office.publish()
    let till = try await folder.open()
    _ = try await till.enrolByQr(office.facts.qr, device: "phone")
    try await till.chooseCentre("main")

    async let run = till.sync(.all)
    _ = try await till.screen { $0.run?.stage == .receiving }
    try await till.cancelSync()
    let cancelled = try #require(try await run)
    #expect(cancelled.isCancelled && !cancelled.isComplete && cancelled.result == "cancelled")

    let resumed = try #require(try await till.sync(.all))
    #expect(resumed.isComplete)
    let items = try await till.syncScreen().rows.first { $0.section == "items" }
    #expect(items?.state == .upToDate && items?.count == 40_003)
  }

  @Test func whoStopsWaitingForASyncDoesNotStopIt() async throws {
    let (office, folder) = (try Office(), try Folder())
    try await office.put(items: (1...20_000).map { ("i\($0)", "1.00") })
    try await office.publish()
    let till = try await folder.open()
    _ = try await till.enrolByQr(office.facts.qr, device: "phone")
    try await till.chooseCentre("main")

    let waiting = Task { try await till.sync(.all) }
    _ = try await till.screen { $0.run != nil }
    waiting.cancel()

    #expect(try await waiting.value == nil)
    #expect(try await till.screen { $0.run == nil }.lastRun?.isComplete == true)
  }

  @Test func aSyncInTheBackgroundFetchesButAppliesNothingThatWantsToBeConfirmed() async throws {
    let (office, folder, hints) = (try Office(), try Folder(), ManualNetworkHints())
    _ = try await folder.openSynced(with: office)
    let till = try await folder.open(network: hints)
    try await office.put(items: [("tea", "3.05")])
    try await office.publish()
    #expect(await till.suspend(deadline: .seconds(5)) == .released)

    await BackgroundSync.run(till) { hints.networkAppeared() }

    let asleep = await refusal { try await till.unsent() }
    #expect(asleep?.code == "suspended")
    try await till.resume()
    #expect(try await till.syncScreen().news?.sections == ["items"])
    #expect(try await till.signIn(user: "anna", pin: "1234").sell("5901234123457").total.minor == 2_55)
  }

  @Test func aKilledProcessLosesNothingItSaidWasRecorded() async throws {
    let (office, folder) = (try Office(), try Folder())
    // Closed again before the child opens it.
    _ = try await folder.openSynced(with: office)

    let child = try probe("sell", folder.till.path, folder.keys.path)
    for _ in 1...20 { _ = child.readLine() }
    child.kill()
    var said: UInt64 = 20
    while let line = child.readLine().flatMap({ UInt64($0) }) { said = line }

    let till = try await folder.open()
    // The kill may have come between a sale and the word about it.
    #expect([said, said + 1].contains(try await till.unsent().documents))
    let sent = try #require(try await till.sync(.all))
    #expect(sent.isComplete)
    #expect(try await till.unsent().documents == 0)
  }

  @Test func aSuspendedTillRefusesUntilItIsResumed() async throws {
    let folder = try Folder()
    let till = try await folder.open()

    #expect(await till.suspend(deadline: .seconds(5)) == .released)
    let refused = await refusal { try await till.unsent() }

    guard case .Suspended = refused else { throw Unexpected(refused) }
    #expect(refused?.code == "suspended" && refused?.dataSafe == true)
    try await till.resume()
    #expect(try await till.unsent().documents == 0)
  }
}

/// Collects what an observer sees of a run.
private actor Watcher {
  private var percents: [UInt8] = []
  private var following: Task<SyncScreen?, Never>?

  init(_ till: TillKit) {
    let screens = till.syncScreens
    Task { await self.follow(screens) }
  }

  private func follow(_ screens: AsyncStream<SyncScreen>) {
    following = Task {
      for await screen in screens {
        // The next run may begin before anybody has seen the end of the first.
        if screen.lastRun != nil { return screen }
        if let run = screen.run { self.percents.append(run.percent) }
      }
      return nil
    }
  }

  /// How far the first run was, up to the screen that shows its end.
  func untilFirstRunEnded() async -> (percents: [UInt8], last: SyncScreen) {
    while following == nil { await Task.yield() }
    guard let last = await following?.value else { return (percents, .sample(.new)) }
    return (percents, last)
  }
}
