import Testing

@testable import TillKit

@Suite struct ServiceTests {
  @Test func theCoresLogReachesTheSinkAndHoldsNoPin() async throws {
    let (office, folder, log) = (try Office(), try Folder(), RememberingLog())
    logTillKit(to: log)
    let till = try await folder.openSynced(with: office)
    _ = await refusal { try await till.signIn(user: "anna", pin: "987654") }

    #expect(!log.lines.isEmpty)
    #expect(!log.lines.contains { $0.contains("987654") || $0.contains(office.facts.code) })
  }

  @Test func aSubscriptionEndsWithItsTill() async throws {
    var till: TillKit? = try await TillKit.preview()
    let screens = try #require(till).syncScreens
    till = nil

    var seen = 0
    for await _ in screens { seen += 1 }

    #expect(seen <= 1)
  }

  @Test func aKeyInAFileOpensWhatItSealedAndNothingElse() throws {
    let folder = try Folder()
    let sealed = try KeyStores.file(folder.keys).seal(secret: .init("secret".utf8))

    #expect(try KeyStores.file(folder.keys).unseal(sealed: sealed) == .init("secret".utf8))
    #expect(throws: (any Error).self) { try KeyStores.inMemory().unseal(sealed: sealed) }
  }
}
