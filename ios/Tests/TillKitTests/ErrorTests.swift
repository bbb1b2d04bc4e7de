import Foundation
import Testing

@testable import TillKit

@Suite struct ErrorTests {
  @Test func whatIsTypedWrongIsRefusedWithACodeAndASentence() async throws {
    let cashier = try await TillKit.preview().signIn(user: "anna", pin: "1234")

    let refused = await refusal { try await cashier.add(code: "no such code") }

    guard case .Refused = refused else { throw Unexpected(refused) }
    #expect(refused?.code == "unknown" && refused?.dataSafe == true)
    #expect(refused?.sentence.contains("no such code") == true)
  }

  @Test func aWrongPinAndAMissingRightAreForbidden() async throws {
    let (office, folder) = (try Office(), try Folder())
    let till = try await folder.openSynced(with: office)

    let wrongPin = await refusal { try await till.signIn(user: "bob", pin: "1111") }
    let bob = try await till.signIn(user: "bob", pin: "4321")
    let noRight = await refusal { try await bob.closePeriod() }

    guard case .Forbidden = wrongPin, case .Forbidden = noRight else { throw Unexpected(noRight) }
    #expect(wrongPin?.code == "wrong-pin" && noRight?.code == "no-right")
  }

  @Test func aNewPhoneIsNotReadyAndAnUnreachableOfficeSaysTryAgain() async throws {
    let folder = try Folder()
    let till = try await folder.open()

    let notReady = await refusal { try await till.sync(.all) }
    // The port of a server that is gone.
    let nobody = await refusal { try await till.enrol(url: "http://127.0.0.1:1", code: "ABC", device: "x") }

    guard case .NotReady = notReady, case .TryAgain = nobody else { throw Unexpected(nobody) }
    #expect(notReady?.code == "not-enrolled" && nobody?.code == "no-route")
  }

  @Test func aUsedCodeIsRefusedOnAnotherPhone() async throws {
    let (office, first, second) = (try Office(), try Folder(), try Folder())
    _ = try await first.open().enrolByQr(office.facts.qr, device: "first")

    let refused = await refusal { try await second.open().enrolByQr(office.facts.qr, device: "second") }

    guard case .Refused = refused else { throw Unexpected(refused) }
    #expect(refused?.code == "code-used")
  }

  @Test func aKeyStoreThatThrowsIsADeviceTroubleAndNothingWorse() async throws {
    let (office, folder) = (try Office(), try Folder())
    let services = TillServices(keyStore: BrokenKeyStore(), app: "tests")
    let till = try await TillKit.open(folder: folder.till, services: services)

    let refused = await refusal { try await till.enrolByQr(office.facts.qr, device: "phone") }

    guard case .Device = refused else { throw Unexpected(refused) }
    #expect(refused?.code == "key-store" && refused?.sentence.contains("the enclave is on strike") == true)
  }

  @Test func aPrinterThatRefusesLosesNoReceipt() async throws {
    let (office, folder, printer) = (try Office(), try Folder(), RememberingPrinter())
    _ = try await folder.openSynced(with: office)
    let till = try await folder.open(printer: printer)
    let receipt = try await till.signIn(user: "anna", pin: "1234").sell("MUG")

    printer.refuse(because: "no paper")
    let refused = await refusal { try await till.print(receipt.place) }
    printer.refuse(because: nil)
    try await till.print(receipt.place)

    guard case .Device = refused else { throw Unexpected(refused) }
    #expect(refused?.code == "printer" && refused?.sentence == "no paper")
    #expect(printer.printed == [receipt.text])
  }

  @Test func aCopyOfTheFilesIsRecognisedAndStillReadable() async throws {
    let (office, folder) = (try Office(), try Folder())
    let till = try await folder.openSynced(with: office)
    try await till.signIn(user: "anna", pin: "1234").sell("MUG")
    #expect(await till.suspend(deadline: .seconds(5)) == .released)
    let elsewhere = folder.url.appendingPathComponent("elsewhere")
    try FileManager.default.copyItem(at: folder.till, to: elsewhere)

    let services = TillServices(keyStore: try KeyStores.inMemory(), app: "tests")
    let copy = try await TillKit.open(folder: elsewhere, services: services)

    #expect(try await copy.settings().standing == .copied)
    #expect(try await copy.unsent().documents == 1)
    let refused = await refusal { try await copy.sync(.all) }
    #expect(refused?.code == "copied" && refused?.dataSafe == true)
  }
}

private final class BrokenKeyStore: SealingKeyStore {
  struct Strike: Error, CustomStringConvertible { let description = "the enclave is on strike" }

  func seal(secret: Data) throws -> Data { throw Strike() }
  func unseal(sealed: Data) throws -> Data { throw Strike() }
}
