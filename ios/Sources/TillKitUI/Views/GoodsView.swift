#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// Goods without a receipt: which document, then its lines as they are scanned, and what it is about.
  public struct GoodsView: View {
    @Bindable private var model: GoodsModel

    public init(model: GoodsModel) { self.model = model }

    public var body: some View {
      Group {
        if let draft = model.draft { DraftView(model: model, draft: draft) } else { choices }
      }
      .sheet(isPresented: $model.isChoosingCustomer, onDismiss: { model.leaveCustomers() }) {
        CustomersView(
          model: model.customers, onChoose: { model.choose($0) },
          onMake: { Task { await model.makeCustomer() } }, onClose: { model.leaveCustomers() })
      }
      .task { await model.refresh() }
      .navigationTitle(model.draft.map { model.title($0.kind) } ?? model.formats.strings.goods)
    }

    private var choices: some View {
      let strings = model.formats.strings
      return List {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        if GoodsKind.allCases.contains(where: { !model.may($0) }) {
          Text(strings.notYourRight).foregroundStyle(.secondary)
        }
        if let recorded = model.recordedText {
          VStack(alignment: .leading) {
            Label(recorded, systemImage: "checkmark")
            if let unsent = model.unsentText { Text(unsent).font(.footnote) }
          }
        }
        Section(strings.stockDocuments) {
          ForEach(GoodsKind.allCases.filter { $0 != .order }) { choice($0) }
        }
        Section(strings.forLater) {
          choice(.order)
          Button(strings.newCustomer) { model.beginCustomer() }.disabled(!model.may(.order))
          Text(strings.newCustomerHint).font(.footnote).foregroundStyle(.secondary)
        }
      }
    }

    private func choice(_ kind: GoodsKind) -> some View {
      Button {
        model.start(kind)
      } label: {
        LabeledContent {
          Text(model.begunText(kind) ?? "")
        } label: {
          Text(model.title(kind))
          Text(model.formats.strings.hint(for: kind)).font(.footnote)
        }
      }
      .disabled(!model.may(kind))
    }
  }

  private struct DraftView: View {
    let model: GoodsModel
    let draft: GoodsDraft
    @State private var isGivingUp = false

    var body: some View {
      let strings = model.formats.strings
      List {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        ForEach(model.hits, id: \.key) { hit in
          Button {
            model.add(hit)
          } label: {
            LabeledContent(hit.name, value: model.detail(hit))
          }
        }
        if draft.lines.isEmpty { Text(strings.noLines).foregroundStyle(.secondary) }
        ForEach(Array(draft.lines.enumerated()), id: \.element.item) { index, line in
          DraftLineRow(model: model, line: line, index: index)
        }
        Section(strings.details) {
          if draft.kind == .order {
            OrderFields(model: model, draft: draft)
          } else {
            StockFields(model: model)
          }
          Button(strings.giveUp, role: .destructive) {
            if model.giveUpText == nil { model.giveUp() } else { isGivingUp = true }
          }
        }
      }
      .searchable(text: words, prompt: strings.search)
      .onSubmit(of: .search) { Task { await model.enterCode() } }
      .toolbar { Button(strings.back) { model.leave() } }
      .safeAreaInset(edge: .bottom) {
        VStack {
          if let lack = model.lackText { Text(lack).font(.callout) }
          Button(model.recordText) { Task { await model.record() } }
            .buttonStyle(.borderedProminent).controlSize(.large).disabled(!draft.canRecord)
        }
        .padding()
        .background(.bar)
      }
      .confirmationDialog(strings.whichItem, isPresented: hasChoices, titleVisibility: .visible) {
        ForEach(model.choices, id: \.item) { hit in
          Button(model.choiceText(hit)) { model.choose(hit) }
        }
      }
      .confirmationDialog(strings.giveUp, isPresented: $isGivingUp, titleVisibility: .visible) {
        Button(strings.giveUp, role: .destructive) { model.giveUp() }
      } message: {
        Text(model.giveUpText ?? "")
      }
    }

    private var hasChoices: Binding<Bool> {
      Binding(get: { !model.choices.isEmpty }, set: { if !$0 { model.leaveChoices() } })
    }

    private var words: Binding<String> {
      Binding(get: { model.query }, set: { words in Task { await model.find(words) } })
    }
  }

  private struct DraftLineRow: View {
    let model: GoodsModel
    let line: GoodsDraftLine
    let index: Int
    @State private var isTyping = false
    @State private var typed = ""

    var body: some View {
      let strings = model.formats.strings
      VStack(alignment: .leading) {
        Text(line.name)
        HStack {
          Button(strings.oneLess, systemImage: "minus") { model.step(index, by: -1) }.labelStyle(.iconOnly)
          Button(model.quantityText(line)) {
            typed = ""
            isTyping = true
          }
          Button(strings.oneMore, systemImage: "plus") { model.step(index, by: 1) }.labelStyle(.iconOnly)
        }
        .buttonStyle(.bordered).controlSize(.large).monospacedDigit()
      }
      .swipeActions {
        Button(strings.removeLine, role: .destructive) { model.removeLine(index) }
      }
      .alert(line.name, isPresented: $isTyping) {
        TextField(strings.quantity, text: $typed)
        Button(strings.record) { model.setQuantity(ofLine: index, typed: typed) }
        Button(strings.cancel, role: .cancel) {}
      }
    }
  }

  /// Where, why, and the paper that goes with it.
  private struct StockFields: View {
    @Bindable var model: GoodsModel

    var body: some View {
      if let draft = model.draft {
        let strings = model.formats.strings
        if draft.kind == .count, !model.plans.isEmpty {
          Picker(strings.auditPlan, selection: model.member(\.plan, or: nil)) {
            Text(strings.noPlan).tag(String?.none)
            ForEach(model.plans, id: \.key) { Text($0.name).tag(String?.some($0.key)) }
          }
        }
        if draft.plan == nil, model.warehouses.count > 1 {
          Picker(strings.inWarehouse(draft.kind), selection: model.member(\.warehouse, or: nil)) {
            Text(strings.ownWarehouse).tag(String?.none)
            ForEach(model.warehouses, id: \.key) { Text($0.name).tag(String?.some($0.key)) }
          }
        }
        if draft.kind == .transfer {
          Picker(strings.toWarehouse, selection: model.member(\.toWarehouse, or: nil)) {
            Text("–").tag(String?.none)
            ForEach(model.warehouses, id: \.key) { Text($0.name).tag(String?.some($0.key)) }
          }
        }
        TextField(strings.reason, text: model.member(\.reason, or: ""))
        TextField(strings.reference, text: model.member(\.reference, or: ""))
      }
    }
  }

  /// Who wants it, and when.
  private struct OrderFields: View {
    @Bindable var model: GoodsModel
    let draft: GoodsDraft

    var body: some View {
      let strings = model.formats.strings
      Button {
        model.isChoosingCustomer = true
      } label: {
        LabeledContent(strings.customer, value: draft.customer?.name ?? strings.noCustomer)
      }
      Picker(strings.wantedDay, selection: model.member(\.wantedDay, or: "")) {
        Text(strings.anyDay).tag("")
        ForEach(model.wantedDays, id: \.self) { Text(model.formats.businessDay($0)).tag($0) }
      }
      TextField(strings.otherDay, text: model.member(\.wantedDay, or: ""))
      TextField(strings.note, text: model.member(\.note, or: ""))
    }
  }

  extension GoodsModel {
    /// A member of the draft, as a field writes it.
    fileprivate func member<T>(_ path: WritableKeyPath<GoodsDraft, T>, or none: T) -> Binding<T> {
      Binding(get: { self.draft?[keyPath: path] ?? none }, set: { self.draft?[keyPath: path] = $0 })
    }
  }
#endif
