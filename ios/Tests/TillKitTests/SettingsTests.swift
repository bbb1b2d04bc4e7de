import Foundation
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

  @Test func documentsGoToTheBackOfficeByFileAndItsReceiptSaysThatItHasThem() async throws {
    let (office, folder) = (try Office(), try Folder())
    let till = try await folder.openSynced(with: office)
    let anna = await root(till, as: "anna", "1234")
    try await till.signIn(user: "anna", pin: "1234").sell("MUG")
    #expect(anna.settings.mayExport)

    await anna.settings.files.export(unsettled: false)
    let file = try #require(anna.settings.files.file)
    #expect(anna.settings.files.isOffered && anna.settings.files.savedText == nil)
    anna.settings.files.saved(.success(folder.url))
    #expect(anna.settings.files.savedText == "\(file.name) is saved: 4 documents", "events, too")
    #expect(anna.settings.files.partText == nil)
    let receipt = folder.url.appendingPathComponent("receipt")
    try await office.send("POST", "documents/import", file.bytes).write(to: receipt)
    #expect(try await till.unsent().documents == 1)
    await anna.settings.files.takeReceipt(at: receipt)

    let told = "The back office has 4 documents of this file; 4 of them were unsent until now"
    #expect(anna.settings.files.receiptText == told)
    #expect(try await till.unsent().documents == 0 && anna.settings.files.refused.isEmpty)
    #expect(anna.settings.files.savedText == nil && anna.settings.files.trouble == nil)
  }

  @Test func whoMayNotExportIsNotOfferedItAndNobodyIsToldToSignIn() async throws {
    let (office, folder) = (try Office(), try Folder())
    let till = try await folder.openSynced(with: office)

    let bob = await root(till, as: "bob", "4321")
    #expect(!bob.settings.mayExport)
    bob.signOut()
    await bob.settings.files.export(unsettled: false)

    #expect(bob.settings.files.trouble?.advice == "Sign in with somebody who may export.")
    #expect(!bob.settings.files.isOffered)
  }
}

extension Office {
  fileprivate func newPairingCode(of till: String) async throws -> String {
    try #require(try await ask("POST", "tills/\(till)/pairing")["code"] as? String)
  }
}
