import Foundation
import Testing

@testable import TillKit

/// A verb called on the main actor makes its call elsewhere and comes back.
@Suite struct ThreadTests {
  typealias Verb = @MainActor (TillKit, Cashier) async throws -> Void

  /// Every verb that waits for the disk. That a verb is refused does not matter: the refusal came from
  /// the core.
  static let verbs: [(String, Verb)] = {
    let place = DocumentPlace(till: "T3", enrolment: 1, seq: 1)
    return [
      ("sync", { till, _ in _ = try await till.sync(.all) }),
      ("confirmNews", { till, _ in _ = try await till.confirmNews() }),
      ("cancelSync", { till, _ in try await till.cancelSync() }),
      ("syncScreen", { till, _ in _ = try await till.syncScreen() }),
      ("settings", { till, _ in _ = try await till.settings() }),
      ("history", { till, _ in _ = try await till.history() }),
      ("document", { till, _ in _ = try await till.document(place) }),
      ("objects", { till, _ in _ = try await till.objects(kind: "item") }),
      ("object", { till, _ in _ = try await till.object(kind: "item", key: "mug") }),
      ("changes", { till, _ in _ = try await till.changes() }),
      ("runs", { till, _ in _ = try await till.runs() }),
      ("image", { till, _ in _ = try await till.image("none") }),
      ("export", { till, _ in _ = try await till.export() }),
      ("importReceipt", { till, _ in try await till.importReceipt(Data()) }),
      ("unsent", { till, _ in _ = try await till.unsent() }),
      ("users", { till, _ in _ = try await till.users() }),
      ("print", { till, _ in try await till.print(place) }),
      ("signIn", { till, _ in _ = try await till.signIn(user: "anna", pin: "1234") }),
      ("sellScreen", { _, cashier in _ = try await cashier.sellScreen(query: "tea") }),
      ("findCode", { _, cashier in _ = try await cashier.find(code: "MUG") }),
      ("add code", { _, cashier in try await cashier.add(code: "MUG") }),
      ("add item", { _, cashier in try await cashier.add(item: "tea") }),
      ("add at", { _, cashier in try await cashier.add(item: "tea", at: "2.00", because: "dented") }),
      ("setQuantity", { _, cashier in try await cashier.setQuantity(ofLine: 0, to: "2") }),
      ("removeLine", { _, cashier in try await cashier.removeLine(2) }),
      ("discountLine", { _, cashier in try await cashier.discountLine(0, by: .off(minor: 10)) }),
      ("discountReceipt", { _, cashier in try await cashier.discountReceipt(by: .percent(percent: "5")) }),
      ("setCustomer", { _, cashier in try await cashier.setCustomer("c1") }),
      ("pay", { _, cashier in try await cashier.pay(by: "cash", minor: 100, currency: "GBP") }),
      ("removeTender", { _, cashier in try await cashier.removeTender(0) }),
      ("payRest", { _, cashier in try await cashier.payRest(by: "cash") }),
      ("complete", { _, cashier in try await cashier.complete() }),
      ("void", { _, cashier in try await cashier.void(place, because: "wrong") }),
      ("cancelSale", { _, cashier in try await cashier.cancelSale() }),
      ("hold", { _, cashier in try await cashier.hold(label: "later") }),
      ("held", { _, cashier in _ = try await cashier.held() }),
      ("recall", { _, cashier in try await cashier.recall("none") }),
      ("discardHeld", { _, cashier in try await cashier.discardHeld("none") }),
      (
        "returnGoods",
        { _, cashier in
          let line = ReturnedLine(item: "tea", quantity: "-1", reason: "dented")
          try await cashier.returnGoods([line], refundBy: "cash")
        }
      ),
      (
        "moveCash",
        { _, cashier in
          try await cashier.moveCash(.payIn, tender: "cash", minor: 1, currency: "GBP", reason: "found")
        }
      ),
      ("interim", { _, cashier in _ = try await cashier.interim() }),
      ("closePeriod", { _, cashier in try await cashier.closePeriod() }),
      ("openDay", { _, cashier in try await cashier.openDay() }),
      ("customers", { _, cashier in _ = try await cashier.customers() }),
      ("make customer", { _, cashier in try await cashier.make(NewCustomer(name: "Mrs Jones")) }),
      (
        "take order",
        { _, cashier in
          try await cashier.take(OrderWanted(lines: [GoodsLine(item: "MUG", quantity: "1")]))
        }
      ),
      (
        "move goods",
        { _, cashier in
          let lines = [GoodsLine(item: "MUG", quantity: "1")]
          try await cashier.move(GoodsMoved(movement: .writeOff, lines: lines, reason: "a test"))
        }
      ),
      ("export by a cashier", { _, cashier in _ = try await cashier.export() }),
      ("editPrice", { _, cashier in try await cashier.editPrice(of: "tea", to: "3.00") }),
      ("editReceiptFooter", { _, cashier in try await cashier.editReceiptFooter(of: "main", to: ["Bye"]) }),
      ("suspend", { till, _ in _ = await till.suspend(deadline: .zero) }),
      ("resume", { till, _ in try await till.resume() }),
    ]
  }()

  @MainActor @Test func noVerbWaitsForTheDiskOnTheMainActor() async throws {
    let disk = CountingDisk()
    let till = try await TillKit.preview(disk: disk)
    let cashier = try await till.signIn(user: "anna", pin: "1234")

    for (name, verb) in Self.verbs {
      let before = disk.calls
      try? await verb(till, cashier)
      MainActor.assertIsolated()
      #expect(isOnMain(), "\(name) did not come back")
      #expect(disk.calls == before + 1, "\(name) did not go over the disk")
    }
    #expect(disk.callsOnMain == 0)
  }

  @MainActor @Test func thePhonesServicesAreNeverCalledOnTheMainActor() async throws {
    let (office, folder, spy) = (try Office(), try Folder(), Spy())
    let services = TillServices(keyStore: spy, network: spy, printer: spy, app: "tests")
    let till = try await TillKit.open(folder: folder.till, services: services)
    _ = try await till.enrolByQr(office.facts.qr, device: "phone")
    try await till.chooseCentre("main")
    _ = try await till.sync(.all)
    let receipt = try await till.signIn(user: "anna", pin: "1234").sell("MUG")
    try await till.print(receipt.place)

    #expect(isOnMain())
    #expect(Set(spy.calls) == ["seal", "unseal", "listen", "print"])
    #expect(spy.callsOnMain.isEmpty)
  }
}

// The main actor runs on the main queue; on Linux that need not be the main thread.
private nonisolated(unsafe) let mainQueue = {
  let key = DispatchSpecificKey<Bool>()
  DispatchQueue.main.setSpecific(key: key, value: true)
  return key
}()

private func isOnMain() -> Bool { DispatchQueue.getSpecific(key: mainQueue) == true }

/// Counts what is made, and where.
private final class CountingDisk: Disk, @unchecked Sendable {
  private let inner = DiskQueue()
  private let lock = NSLock()
  private var counts = (all: 0, main: 0)

  var calls: Int { lock.withLock { counts.all } }
  var callsOnMain: Int { lock.withLock { counts.main } }

  func perform(_ work: @escaping @Sendable () -> Void) {
    inner.perform { [self] in
      lock.withLock {
        counts.all += 1
        if isOnMain() { counts.main += 1 }
      }
      work()
    }
  }
}

/// A phone that remembers who called it from where.
private final class Spy: SealingKeyStore, NetworkHints, Printer, @unchecked Sendable {
  private let lock = NSLock()
  private var heard: [(call: String, isMain: Bool)] = []

  var calls: [String] { lock.withLock { heard.map(\.call) } }
  var callsOnMain: [String] { lock.withLock { heard.filter(\.isMain).map(\.call) } }

  private func hear(_ call: String) {
    lock.withLock { heard.append((call, isOnMain())) }
  }

  // Not a secret of anybody: a test's.
  func seal(secret: Data) throws -> Data {
    hear("seal")
    return secret
  }

  func unseal(sealed: Data) throws -> Data {
    hear("unseal")
    return sealed
  }

  func listen(listener: NetworkListener) { hear("listen") }
  func print(text: String) throws { hear("print") }
}
