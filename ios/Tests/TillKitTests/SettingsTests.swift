import Testing

@testable import TillKit
@testable import TillKitUI

/// Settings, against a real back office.
@MainActor @Suite struct SettingsTests {
  private func root(_ till: TillKit, as user: String, _ pin: String) async -> RootModel {
    let root = RootModel(till: till, device: "phone", formats: Formats(English()))
    await root.signIn(user: user, pin: pin)
    await root.settings.refresh()
    return root
  }

  @Test func whoMayEnrolMakesThePhoneTheTillsNextEnrolment() async throws {
    let (office, folder) = (try Office(), try Folder())
    let till = try await folder.openSynced(with: office)
    let code = try await office.newPairingCode(of: "T1")

    let bob = await root(till, as: "bob", "4321").settings
    (bob.address, bob.pairingCode) = (office.facts.url, code)
    #expect(!bob.mayEnrol && !bob.canEnrol)
    let anna = await root(till, as: "anna", "1234").settings
    (anna.address, anna.pairingCode) = (office.facts.url, code)
    #expect(anna.canEnrol)
    await anna.enrol()

    #expect(anna.trouble == nil && anna.screen?.enrolment == 2)
    #expect(anna.notice?.hasPrefix("This phone is till T1 now") == true)
    #expect(anna.centres.map(\.centre) == ["main"] && anna.pairingCode.isEmpty)
  }
}

extension Office {
  fileprivate func newPairingCode(of till: String) async throws -> String {
    try #require(try await ask("POST", "tills/\(till)/pairing")["code"] as? String)
  }
}
