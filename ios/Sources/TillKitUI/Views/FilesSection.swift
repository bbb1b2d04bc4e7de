#if canImport(SwiftUI)
  import SwiftUI
  import TillKit
  import UniformTypeIdentifiers

  /// The back office by file: one goes there, its receipt comes back.
  struct FilesSection: View {
    @Bindable var model: FilesModel
    let mayExport: Bool
    @State private var isPicking = false

    var body: some View {
      let strings = model.formats.strings
      Section {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        if let saved = model.savedText { Label(saved, systemImage: "checkmark") }
        if let part = model.partText { Label(part, systemImage: "exclamationmark.triangle") }
        if let receipt = model.receiptText { Label(receipt, systemImage: "checkmark") }
        if !model.refused.isEmpty {
          Text(strings.refusedByFile).foregroundStyle(.red)
          ForEach(model.refused, id: \.self) { Text($0).font(.footnote) }
        }
        if !mayExport { Text(strings.sentence(for: .noRight)).foregroundStyle(.secondary) }
        Button(strings.exportUnsent) { Task { await model.export(unsettled: false) } }
          .disabled(!mayExport)
          .fileExporter(
            isPresented: $model.isOffered, document: model.file.map(ExportDocument.init), contentType: .data,
            defaultFilename: model.file?.name
          ) { model.saved($0) }
        Button(strings.takeReceipt) { isPicking = true }
          .fileImporter(isPresented: $isPicking, allowedContentTypes: [.data]) { picked in
            if case .success(let url) = picked { Task { await model.takeReceipt(at: url) } }
          }
        Button(strings.exportUnsettled) { Task { await model.export(unsettled: true) } }
          .disabled(!mayExport)
        Text(strings.exportUnsettledHint).font(.footnote).foregroundStyle(.secondary)
      } header: {
        Text(strings.byFile)
      } footer: {
        Text(strings.byFileHint)
      }
    }
  }

  private struct ExportDocument: FileDocument {
    static let readableContentTypes: [UTType] = [.data]
    let bytes: Data

    init(_ file: ExportFile) { bytes = file.bytes }
    init(configuration: ReadConfiguration) throws {
      bytes = configuration.file.regularFileContents ?? Data()
    }

    func fileWrapper(configuration: WriteConfiguration) throws -> FileWrapper {
      FileWrapper(regularFileWithContents: bytes)
    }
  }
#endif
