import Foundation
import Testing

@testable import TillKitUI

/// What the core refuses with is said in every language. That a language has a text for each
/// ``TroubleName``, the compiler sees.
@Suite struct CodesTests {
  @Test func everyCodeOfTheCoreHasAText() throws {
    var codes: Set<String> = []
    for file in ["till/src/error.rs", "sync/src/error.rs"] {
      codes.formUnion(try words(of: file, #/=> "([a-z-]+)"/#))
    }
    codes.formUnion(try words(of: "protocol/src/problem.rs", #/[A-Z][A-Za-z]+ "([a-z-]+)" \d{3} /#))
    #expect(codes.count > 50, "the core's files are written otherwise now")

    let silent = codes.filter { TroubleName(rawValue: $0) == nil }
    #expect(silent.isEmpty)
  }

  @Test func noSentenceIsLeftInTheOtherLanguage() {
    let same = TroubleName.allCases.filter { English().sentence(for: $0) == Czech().sentence(for: $0) }
    #expect(same.isEmpty)
  }

  private func words(of file: String, _ pattern: Regex<(Substring, Substring)>) throws -> [String] {
    let core = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../core")
    let text = try String(contentsOf: core.appendingPathComponent(file), encoding: .utf8)
    return text.matches(of: pattern).map { String($0.1) }
  }
}
