#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// Goods that come back: which, why, and how the money goes.
  struct ReturnView: View {
    @Bindable var model: ReturnModel
    let onTake: () -> Void
    let onClose: () -> Void
    @State private var isAsking = false

    var body: some View {
      let strings = model.formats.strings
      NavigationStack {
        List {
          if let trouble = model.trouble { TroubleView(trouble: trouble) }
          ForEach(model.hits, id: \.item) { hit in
            Button {
              model.add(hit)
            } label: {
              LabeledContent(hit.name, value: model.priceText(hit))
            }
          }
          if model.lines.isEmpty { Text(strings.noLines).foregroundStyle(.secondary) }
          ForEach(Array(model.lines.enumerated()), id: \.element.hit.item) { index, line in
            VStack(alignment: .leading) {
              LabeledContent(line.hit.name, value: model.priceText(line.hit))
              HStack {
                Button(strings.oneLess, systemImage: "minus") { model.step(index, by: -1) }
                Text(model.quantityText(line))
                Button(strings.oneMore, systemImage: "plus") { model.step(index, by: 1) }
              }
              .labelStyle(.iconOnly).buttonStyle(.bordered).controlSize(.large).monospacedDigit()
            }
          }
          Section {
            TextField(strings.reason, text: $model.reason)
            RefundRows(model: model.refund)
          } footer: {
            Text(strings.takeBackHint)
          }
          Button(strings.takeBack, role: .destructive) { isAsking = true }.disabled(!model.canReturn)
        }
        .searchable(text: words, prompt: strings.search)
        .onSubmit(of: .search) { Task { await model.enterCode() } }
        .navigationTitle(strings.takeBack)
        .toolbar { Button(strings.close, action: onClose) }
        .confirmationDialog(strings.takeBack, isPresented: $isAsking, titleVisibility: .visible) {
          Button(strings.takeBack, role: .destructive, action: onTake)
        } message: {
          Text(model.confirmText)
        }
      }
      .task { await model.refresh() }
    }

    private var words: Binding<String> {
      Binding(get: { model.query }, set: { words in Task { await model.find(words) } })
    }
  }
#endif
