// What a test must see from outside: `sell FOLDER KEYS` sells until it is killed, `observe N` and
// `open FOLDER N` print how much memory the second half of N cycles took, in KiB.

import Foundation
import TillKit

switch CommandLine.arguments.dropFirst().first {
case "sell": try await sell(folder: argument(2), keys: argument(3))
case "observe": try await observe(cycles: number(2))
case "open": try await open(folder: argument(2), cycles: number(3))
case let other: fatalError("what is \(other ?? "nothing")?")
}

/// Sells one tea after the other, and says how many are unsent after each: what is said is durable.
func sell(folder: String, keys: String) async throws {
  let services = TillServices(keyStore: KeyStores.file(URL(fileURLWithPath: keys)), app: "probe")
  let till = try await TillKit.open(folder: URL(fileURLWithPath: folder), services: services)
  let cashier = try await till.signIn(user: "anna", pin: "1234")
  while true {
    try await cashier.add(code: "5901234123457")
    try await cashier.payRest(by: "cash")
    try await cashier.complete()
    FileHandle.standardOutput.write(Data("\(try await till.unsent().documents)\n".utf8))
  }
}

/// Subscribes, sees a screen, lets go.
func observe(cycles: Int) async throws {
  let till = try await TillKit.preview()
  try await measure(cycles) {
    for await _ in till.syncScreens { break }
  }
}

/// Opens a till in the same folder, looks, lets go.
func open(folder: String, cycles: Int) async throws {
  let keys = try KeyStores.inMemory()
  try await measure(cycles) {
    let services = TillServices(
      keyStore: keys, network: ManualNetworkHints(), printer: RememberingPrinter(), app: "probe")
    let till = try await TillKit.open(folder: URL(fileURLWithPath: folder), services: services)
    _ = try await till.unsent()
  }
}

/// Prints by how much the process grew in the second half of the cycles, in KiB.
func measure(_ cycles: Int, _ cycle: () async throws -> Void) async throws {
  for _ in 0..<(cycles / 2) { try await cycle() }
  let half = residentKiB()
  for _ in (cycles / 2)..<cycles { try await cycle() }
  print(residentKiB() - half)
}

func residentKiB() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
  return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
}

func argument(_ index: Int) -> String { CommandLine.arguments[index] }
func number(_ index: Int) -> Int { Int(argument(index)) ?? 0 }
