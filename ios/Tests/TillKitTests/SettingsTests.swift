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
    await anna.settings.files.takeReceipt(at: receipt)

    // The next contact may have told some of it already.
    let told = "The back office has 4 documents of this file; "
    #expect(anna.settings.files.receiptText?.hasPrefix(told) == true)
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

  @Test func whoChoosesAnotherCentreIsSignedOutAndItsOwnUsersSignInAfterItsFirstSync() async throws {
    let (office, folder) = (try Office(), try Folder())
    try await office.openNorth()
    let till = try await folder.openSynced(with: office)
    let root = await root(till, as: "anna", "1234")
    await root.settings.showCentres()
    await root.settings.previewCentre("north")
    let preview = try #require(root.settings.preview)
    #expect(root.settings.blocked(preview) == nil)
    #expect(root.settings.counts(preview).contains { $0 == ("Users", "4 → 2") })

    await root.settings.choosePreviewed()

    #expect(root.settings.trouble == nil && root.settings.preview == nil)
    #expect(root.sell == nil && root.settings.cashier == nil && root.place == .sync)
    // The sync page needs nobody: the run began by itself.
    let synced = try await till.screen { @Sendable in $0.centre == "North" && $0.canSell && $0.run == nil }
    root.sync.show(synced)
    await root.signIn(user: "zoe", pin: "5678")
    #expect(root.sell?.user == "zoe")
    await root.settings.refresh()
    #expect(root.settings.centreText == "North")
  }

  @Test func theSameCentreIsChosenAgainWhateverIsUnsentAndNobodyIsSignedOut() async throws {
    let (office, folder) = (try Office(), try Folder())
    try await office.openNorth()
    let till = try await folder.openSynced(with: office)
    let root = await root(till, as: "anna", "1234")
    let sell = try #require(root.sell)
    sell.query = "MUG"
    await sell.enterCode()
    await root.settings.previewCentre("north")
    #expect(root.settings.preview.flatMap(root.settings.blocked) == "First: a receipt is open")

    await root.settings.previewCentre("main")
    #expect(root.settings.preview.map(root.settings.blocked) == .some(nil))
    await root.settings.choosePreviewed()

    #expect(root.settings.trouble == nil && root.sell === sell && root.place == .sync)
    #expect(root.settings.screen?.centre?.centre == "main")
  }

  @Test func aTillWhoseCopyHasSoldSaysSoOnTheSyncPage() async throws {
    let (office, folder) = (try Office(), try Folder())
    let till = try await folder.openSynced(with: office)
    #expect(await till.suspend(deadline: .seconds(5)) == .released)
    let elsewhere = folder.url.appendingPathComponent("elsewhere")
    try FileManager.default.copyItem(at: folder.till, to: elsewhere)
    let services = TillServices(keyStore: KeyStores.file(folder.keys), app: "tests")
    let copy = try await TillKit.open(folder: elsewhere, services: services)
    try await copy.signIn(user: "anna", pin: "1234").sell("MUG")
    _ = try await copy.sync(.all)
    #expect(try await copy.unsent().documents == 0)
    try await till.resume()
    let sync = SyncModel(till: till, formats: Formats(English()), notices: Notices())

    await sync.syncAll()
    sync.show(try await till.syncScreen())

    #expect(sync.receiveTrouble?.cause == "This till was enrolled on another phone.")
    #expect(sync.receiveTrouble?.safety == "Your data is safe.")
  }

  @Test func aPreviewSaysWhatThisVersionHasNoUseFor() async throws {
    let settings = SettingsModel(till: try await TillKit.preview(), device: "", formats: Formats(English()))
    let section = { (name: String, isUsed: Bool, rows: UInt64, here: UInt64) in
      SectionPreview(section: name, isUsed: isUsed, rows: rows, rowsHere: here, bytes: 0)
    }
    let preview = CentrePreview(
      centre: "north", generation: 1, bytes: 0,
      sections: [
        section("items", true, 3, 2), section("loyalty", false, 12, 0), section("rates", true, 0, 0),
      ],
      edits: [], blockers: Blockers(unsent: 0, unclosed: 0, held: 0, isReceiptOpen: false))

    let counts = settings.counts(preview)

    #expect(counts.map(\.title) == ["Items and prices", "loyalty"])
    #expect(counts.map(\.counts) == ["2 → 3", "0 → Not used by this version"])
  }
}

extension Office {
  /// A second centre, with one user of its own, who may everything.
  fileprivate func openNorth() async throws {
    let centre = #"{"name":"North","currency":"GBP","vat_mode":"included","warehouse":"main"}"#
    try await ask("PUT", "centres/north", centre)
    let rows = [
      #"{"k":"unit","id":"pc","d":{"name":"pc","code":"C62"}}"#,
      #"{"k":"warehouse","id":"main","d":{"name":"Shop"}}"#,
      #"{"k":"vat_rate","id":"std","d":{"name":"Standard","percent":"20","category":"S"}}"#,
      #"{"k":"tender","id":"cash","d":{"name":"Cash","kind":"cash","currency":"GBP","gives_change":true}}"#,
      #"{"k":"currency","id":"GBP","d":{"name":"Pound"}}"#,
      #"{"k":"item","id":"ice","d":{"name":"Ice","codes":["ICE"],"unit":"pc","vat":"std","price":"1.00"}}"#,
      #"{"k":"role","id":"manager","d":{"name":"Manager","rights":["*"]}}"#,
      #"{"k":"numerator","id":"*","d":{"pattern":"{series}-{number:6}"}}"#,
      #"{"k":"receipt_layout","id":"main","d":{"header":[],"footer":[]}}"#,
      #"{"k":"policy","id":"main","d":{"send":"by_hand"}}"#,
    ]
    try await put(rows: rows, of: "north")
    try await ask("POST", "centres/north/users", #"{"id":"zoe","name":"zoe","role":"manager","pin":"5678"}"#)
    try await ask("POST", "centres/north/publish")
  }

  fileprivate func newPairingCode(of till: String) async throws -> String {
    try #require(try await ask("POST", "tills/\(till)/pairing")["code"] as? String)
  }
}
