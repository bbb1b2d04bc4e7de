import Foundation
import Testing

@testable import TillKit

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A real back office with a small published shop, in a process of its own: `cargo xtask shop --json`.
/// It ends with this object.
final class Office: Sendable {
  struct Facts: Decodable {
    let url: String
    let adminToken: String
    let code: String
    let qr: String
  }

  let facts: Facts
  private let child: Child

  init() throws {
    let usual = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../target/debug/xtask").standardized.path
    let program = ProcessInfo.processInfo.environment["TILLKIT_XTASK"] ?? usual
    child = try Child(program, ["shop", "--json"])
    let line = try #require(child.readLine(), "\(program) shop said nothing")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    facts = try decoder.decode(Facts.self, from: Data(line.utf8))
  }

  deinit { child.end() }

  /// A request of the administration.
  @discardableResult
  func ask(_ method: String, _ path: String, _ body: String = "") async throws -> [String: Any] {
    let answer = try await send(method, path, Data(body.utf8))
    return (try? JSONSerialization.jsonObject(with: answer)) as? [String: Any] ?? [:]
  }

  /// The same in bytes.
  func send(_ method: String, _ path: String, _ body: Data) async throws -> Data {
    var request = URLRequest(url: try #require(URL(string: "\(facts.url)/admin/v1/\(path)")))
    request.httpMethod = method
    request.setValue("Bearer \(facts.adminToken)", forHTTPHeaderField: "Authorization")
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = body
    let (answer, response) = try await URLSession.shared.data(for: request)
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    let text = String(decoding: answer, as: UTF8.self)
    try #require((200..<300).contains(status), "\(path): \(status) \(text)")
    return answer
  }

  /// Puts items into the draft of the centre `main`: key, and price.
  func put(items: [(key: String, price: String)]) async throws {
    for part in stride(from: 0, to: items.count, by: 2_000) {
      let rows = items[part..<min(part + 2_000, items.count)].map { item in
        let code = item.key == "tea" ? "5901234123457" : item.key.uppercased()
        return """
          {"k":"item","id":"\(item.key)","d":{"name":"Item \(item.key)","codes":["\(code)"],"unit":"pc",\
          "vat":"std","price":"\(item.price)"}}
          """
      }
      try await put(rows: rows)
    }
  }

  /// Puts rows of any kind into the draft of a centre.
  func put(rows: [String], of centre: String = "main") async throws {
    try await ask("POST", "centres/\(centre)/rows", rows.joined(separator: "\n") + "\n")
  }

  func publish() async throws { try await ask("POST", "centres/main/publish") }
}

/// A process that is spoken to in lines.
final class Child: @unchecked Sendable {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var rest = Data()

  init(_ program: String, _ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  /// The next line, waiting for it; absent at the end.
  func readLine() -> String? {
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        defer { rest = Data(rest[(end + 1)...]) }
        return String(decoding: rest[..<end], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      rest += more
    }
  }

  /// Lets it end by itself: its input is over.
  func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Ends it in the middle of whatever it does.
  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

/// The executable beside the tests.
func probe(_ arguments: String...) throws -> Child {
  let tests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
  return try Child(tests.appendingPathComponent("TillProbe").path, arguments)
}

/// A folder that goes with this object.
final class Folder: Sendable {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("tillkit-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: url) }

  var till: URL { url.appendingPathComponent("till") }
  var keys: URL { url.appendingPathComponent("keys") }

  /// Opens the till of this folder, now or again.
  func open(network: (any NetworkHints)? = nil, printer: (any Printer)? = nil) async throws -> TillKit {
    let services = TillServices(
      keyStore: KeyStores.file(keys), network: network, printer: printer, app: "tests 1")
    return try await TillKit.open(folder: till, services: services)
  }

  /// A till that has done its first sync.
  func openSynced(with office: Office) async throws -> TillKit {
    let till = try await open()
    _ = try await till.enrolByQr(office.facts.qr, device: "test phone")
    try await till.chooseCentre("main")
    let report = try #require(try await till.sync(.all))
    try #require(report.isComplete, "\(report)")
    return till
  }
}

extension TillKit {
  /// The first screen of which this is true.
  func screen(where isRight: (SyncScreen) -> Bool) async throws -> SyncScreen {
    for await screen in syncScreens where isRight(screen) { return screen }
    throw Ended()
  }
}

struct Ended: Error {}

extension Cashier {
  /// Sells one of an item for cash.
  @discardableResult
  func sell(_ code: String) async throws -> RecordedDocument {
    try await add(code: code)
    try await payRest(by: "cash")
    return try await complete()
  }
}
