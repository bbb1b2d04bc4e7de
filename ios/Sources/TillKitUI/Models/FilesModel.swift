import Foundation
import Observation
import TillKit

/// The back office by file, where no network leads: documents go into a file, and its receipt comes back.
@Observable @MainActor
public final class FilesModel: Attempting {
  /// A file that was made.
  public private(set) var file: ExportFile?
  /// Whether a place is being chosen for it.
  public var isOffered = false
  /// Whether it was saved there.
  public private(set) var isSaved = false
  /// The receipt that was taken in last.
  public private(set) var receipt: ReceiptRead?
  public internal(set) var trouble: ShownTrouble?
  /// Who is signed in: exporting needs somebody's right, where somebody can sign in.
  var cashier: Cashier?

  let formats: Formats
  private let till: TillKit

  public init(till: TillKit, formats: Formats) { (self.till, self.formats) = (till, formats) }

  /// Makes a file of what is unsent; also of what is not settled, for a back office that was lost.
  public func export(unsettled: Bool) async {
    let made = await attempt {
      if let cashier {
        try await cashier.export(unsettled: unsettled)
      } else {
        try await till.export(unsettled: unsettled)
      }
    }
    if cashier == nil, trouble?.code == TroubleName.noRight.rawValue {
      trouble?.advice = formats.strings.signInToExport
    }
    guard let made else { return }
    (file, isOffered, isSaved, receipt) = (made, true, false, nil)
  }

  /// The phone has written the file where a person wanted it, or could not.
  public func saved(_ outcome: Result<URL, any Error>) {
    switch outcome {
    case .success:
      isSaved = true
    case .failure(let error):
      let why = error.localizedDescription
      trouble = formats.trouble(.Device(code: TroubleName.export.rawValue, sentence: why, dataSafe: true))
    }
  }

  /// Takes in a receipt from where a person has found it.
  public func takeReceipt(at url: URL) async {
    await attempt {
      let bytes: Data
      do {
        bytes = try await Self.read(url)
      } catch {
        // In the phone's own words.
        throw TillError.Device(code: "file", sentence: error.localizedDescription, dataSafe: true)
      }
      receipt = try await till.importReceipt(bytes)
      (file, isSaved) = (nil, false)
    }
  }

  /// Off the main actor: it may have to come from somewhere else first.
  private nonisolated static func read(_ url: URL) async throws -> Data {
    #if canImport(Darwin)
      let isOutside = url.startAccessingSecurityScopedResource()
      defer { if isOutside { url.stopAccessingSecurityScopedResource() } }
    #endif
    return try Data(contentsOf: url)
  }

  // MARK: In words

  public var savedText: String? {
    file.flatMap { isSaved ? formats.strings.exported($0.name, $0.documents) : nil }
  }

  /// Not everything fitted in.
  public var partText: String? {
    file.flatMap { isSaved && !$0.isWhole ? formats.strings.exportIsPart : nil }
  }

  public var receiptText: String? {
    receipt.map { formats.strings.acknowledged($0.acknowledged, $0.held) }
  }

  /// What the back office did not take, and why.
  public var refused: [String] { receipt?.refused ?? [] }
}
