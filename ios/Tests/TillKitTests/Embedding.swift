// The snippets of docs/embedding-ios.md, between their marks: here they are compiled and run, and a test
// sees that the page has exactly these.

import Foundation
import Testing
import TillKit

// snippet
/// A receipt printer of the shop's own.
final class ShopPrinter: Printer {
  func print(text: String) throws {
    guard paperIsThere else { throw ServiceError.Failed(reason: "no paper") }
    send(Data(text.utf8))
  }
  // end of snippet
  private let paperIsThere = true
  private func send(_ bytes: Data) {}
}

@Suite struct Embedding {
  @Test func fromNothingToASyncedTillThatSells() async throws {
    let (office, files) = (try Office(), try Folder())
    let (folder, keyStore, network) = (files.till, KeyStores.file(files.keys), ManualNetworkHints())
    let (qrText, pin) = (office.facts.qr, "1234")

    // snippet
    let services = TillServices(
      keyStore: keyStore, network: network, printer: ShopPrinter(), app: "Corner Shop 1.0")
    let till = try await TillKit.open(folder: folder, services: services)
    // end of snippet

    // snippet
    let enrolled = try await till.enrolByQr(qrText, device: "Anna's iPhone")
    let centres = try await till.centres()
    try await till.chooseCentre(centres[0].centre)
    let report = try await till.sync(.all)
    // end of snippet
    #expect(enrolled.till == "T1" && report?.isComplete == true)

    // snippet
    let watching = Task {
      for await screen in till.syncScreens {
        show(unsent: screen.unsent.documents, percent: screen.run?.percent)
      }
    }
    // end of snippet
    defer { watching.cancel() }

    // snippet
    let cashier = try await till.signIn(user: "anna", pin: pin)
    try await cashier.add(code: "5901234123457", quantity: "2")
    try await cashier.pay(by: "cash", minor: 10_00, currency: "GBP")
    let receipt = try await cashier.complete()
    try await till.print(receipt.place)
    // end of snippet
    #expect(receipt.change.minor == 4_90)

    // snippet
    do {
      try await cashier.add(code: "no such code")
    } catch {
      switch error {
      case .TryAgain: break  // it is tried again by itself
      case .Refused, .Forbidden, .Device: tell(error.sentence, isSafe: error.dataSafe)
      case .TwoReadings(_, _, _, _, let grouped, let decimal): ask([grouped.typed, decimal.typed])
      case .SeveralItems(_, _, _, _, let items): ask(items.map(\.name))
      case .NotReady: leadToSettings()
      case .Suspended: try await till.resume()
      }
    }
    // end of snippet

    // snippet
    if await till.suspend(deadline: .seconds(3)) == .released {
      // No file is held: the phone may put the app to sleep.
    }
    try await till.resume()
    // end of snippet
    #expect(try await till.unsent().documents == 1)
  }

  @Test func thePageHasExactlyTheseSnippets() throws {
    let here = URL(fileURLWithPath: #filePath)
    let page = here.deletingLastPathComponent().appendingPathComponent("../../../docs/embedding-ios.md")
    let inPage = blocks(of: try String(contentsOf: page, encoding: .utf8), from: "```swift", to: "```")
    let inHere = blocks(
      of: try String(contentsOf: here, encoding: .utf8), from: "// snippet", to: "// end of snippet")

    #expect(inPage == inHere && inPage.count == 7)
  }

  /// The lines between marks, without what they have in common at their left.
  private func blocks(of text: String, from begin: String, to end: String) -> [[String]] {
    var blocks: [[String]] = []
    var open: [String]?
    for line in text.components(separatedBy: "\n") {
      let mark = line.trimmingCharacters(in: .whitespaces)
      if mark == begin {
        open = []
      } else if mark == end, let lines = open {
        let left = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        blocks.append(lines.map { String($0.dropFirst(left)) })
        open = nil
      } else {
        open?.append(line)
      }
    }
    return blocks
  }

  private func show(unsent: UInt64, percent: UInt8?) {}
  private func tell(_ sentence: String, isSafe: Bool) {}
  private func ask(_ choices: [String]) {}
  private func leadToSettings() {}
}
