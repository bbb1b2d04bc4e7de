#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// What of a sale comes back, and how the money goes; then the return's receipt.
  struct SaleReturnView: View {
    @Bindable var model: SaleReturnModel
    let onTake: () -> Void
    let onClose: () -> Void
    @State private var isAsking = false
    @State private var asked: Int?
    @State private var typed = ""

    var body: some View {
      if let receipt = model.receipt {
        PaperView(
          text: receipt.text, trouble: model.trouble, formats: model.formats,
          onPrint: { Task { await model.printReceipt() } }, onClose: onClose)
      } else {
        draft
      }
    }

    private var draft: some View {
      let strings = model.formats.strings
      return NavigationStack {
        List {
          if let trouble = model.trouble { TroubleView(trouble: trouble) }
          Section {
            ForEach(Array(model.lines.enumerated()), id: \.offset) { index, line in
              if line.left > 0 { row(index, line) }
            }
            Button(strings.allBack) { model.takeAll() }
          } footer: {
            Text(strings.soldBackHint)
          }
          Section { RefundRows(model: model.refund) }
          Button(strings.takeSoldBack, role: .destructive) { isAsking = true }.disabled(!model.canTakeBack)
        }
        .navigationTitle(strings.takeBack)
        .toolbar { Button(strings.close, action: onClose) }
        .alert(strings.quantity, isPresented: isTyping, presenting: asked) { line in
          TextField(strings.quantity, text: $typed)
          Button(strings.confirm) { model.setQuantity(ofLine: line, typed: typed) }
          Button(strings.cancel, role: .cancel) {}
        }
        .confirmationDialog(strings.takeBack, isPresented: $isAsking, titleVisibility: .visible) {
          Button(strings.takeSoldBack, role: .destructive, action: onTake)
        } message: {
          Text(model.confirmText)
        }
      }
    }

    private func row(_ index: Int, _ line: SaleReturnLine) -> some View {
      let strings = model.formats.strings
      return VStack(alignment: .leading) {
        Text(line.sold.name)
        Text(model.detail(line)).font(.footnote).foregroundStyle(.secondary)
        HStack {
          Button(strings.oneLess, systemImage: "minus") { model.step(index, by: -1) }.labelStyle(.iconOnly)
          Button(model.quantityText(line)) { (typed, asked) = ("", index) }
          Button(strings.oneMore, systemImage: "plus") { model.step(index, by: 1) }.labelStyle(.iconOnly)
        }
        .buttonStyle(.bordered).controlSize(.large).monospacedDigit()
      }
    }

    private var isTyping: Binding<Bool> {
      Binding(get: { asked != nil }, set: { if !$0 { asked = nil } })
    }
  }

  /// Whose goods they were, and how the money goes back.
  struct RefundRows: View {
    @Bindable var model: RefundModel

    var body: some View {
      let strings = model.formats.strings
      Button {
        model.isChoosingCustomer = true
      } label: {
        LabeledContent(strings.customer, value: model.customer?.name ?? strings.noCustomer)
      }
      .sheet(
        isPresented: $model.isChoosingCustomer, onDismiss: { model.leaveCustomers() },
        content: {
          CustomersView(
            model: model.customers, onChoose: { model.choose($0) },
            onMake: { Task { await model.makeCustomer() } }, onClose: { model.leaveCustomers() })
        })
      Picker(model.formats.title(ofKind: "tender"), selection: $model.tender) {
        ForEach(model.tenders, id: \.tender) { Text($0.name).tag(String?.some($0.tender)) }
      }
      ForEach($model.parts) { $part in
        HStack {
          Picker(model.formats.title(ofKind: "tender"), selection: $part.tender) {
            ForEach(model.tenders, id: \.tender) { Text($0.name).tag($0.tender) }
          }
          .labelsHidden()
          TextField(strings.amount, text: $part.typed).multilineTextAlignment(.trailing).monospacedDigit()
          Button(strings.removeRefundPart, systemImage: "minus.circle") { model.removePart(part.id) }
            .labelStyle(.iconOnly).buttonStyle(.borderless)
        }
      }
      if model.canAddPart { Button(strings.addRefundPart) { model.addPart() } }
    }
  }
#endif
