#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// Every document with its mark; what the back office objects to is red.
  public struct HistoryView: View {
    @State private var model: HistoryModel

    public init(model: HistoryModel) { _model = State(initialValue: model) }

    public var body: some View {
      List {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        if model.rows.isEmpty { Text(model.formats.strings.noDocuments).foregroundStyle(.secondary) }
        ForEach(model.rows, id: \.place) { row in
          Button {
            Task { await model.open(row.place) }
          } label: {
            HStack {
              Image(systemName: row.mark.symbol).accessibilityHidden(true)
              VStack(alignment: .leading) {
                Text(model.title(row))
                Text(model.detail(row)).font(.footnote).foregroundStyle(.secondary)
                if let finding = model.finding(row) { Text(finding).font(.footnote).foregroundStyle(.red) }
              }
              Spacer()
              Text(model.total(row)).monospacedDigit()
            }
          }
        }
        if model.hasMore {
          Button(model.formats.strings.more) { Task { await model.more() } }.task { await model.more() }
        }
      }
      .task { await model.refresh() }
      .refreshable { await model.refresh() }
      .sheet(isPresented: isOpen) {
        PaperView(
          text: model.document?.text ?? "", formats: model.formats,
          onPrint: { Task { await model.printDocument() } }, onClose: { model.closeDocument() })
      }
      .navigationTitle(model.formats.strings.history)
    }

    private var isOpen: Binding<Bool> {
      Binding(get: { model.document != nil }, set: { if !$0 { model.closeDocument() } })
    }
  }
#endif
