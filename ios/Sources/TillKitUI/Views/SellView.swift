#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// Who sells: a user and a PIN.
  struct SignInView: View {
    let model: RootModel
    @State private var user = ""
    @State private var pin = ""

    var body: some View {
      Form {
        Picker(model.formats.strings.whoSells, selection: $user) {
          ForEach(model.users, id: \.user) { Text($0.name).tag($0.user) }
        }
        SecureField(model.formats.strings.pin, text: $pin)
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        Button(model.formats.strings.signIn) {
          Task {
            await model.signIn(user: user, pin: pin)
            pin = ""
          }
        }
        .disabled(user.isEmpty || pin.isEmpty)
      }
      .task {
        await model.refreshUsers()
        user = model.users.first?.user ?? ""
      }
    }
  }

  /// Search, cart, payment, receipt; what is tapped most is in the lower half.
  public struct SellView: View {
    @Bindable private var model: SellModel

    public init(model: SellModel) { self.model = model }

    public var body: some View {
      List {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        ForEach(model.screen?.hits ?? [], id: \.item) { HitRow(hit: $0, model: model) }
        if let customer = model.customerText {
          Button {
            model.isChoosingCustomer = true
          } label: {
            LabeledContent(model.formats.strings.customer, value: customer)
          }
        }
        if model.lines.isEmpty { Text(model.formats.strings.emptyCart).foregroundStyle(.secondary) }
        ForEach(Array(model.lines.enumerated()), id: \.offset) { index, line in
          LineRow(line: line, index: index, model: model)
        }
        ForEach(Array(model.payments.enumerated()), id: \.offset) { index, payment in
          LabeledContent(payment.tender) {
            Button(model.amountText(payment), systemImage: "xmark.circle") {
              Task { await model.removePayment(index) }
            }
            .accessibilityHint(model.formats.strings.removePayment)
          }
        }
        ForEach(model.held, id: \.id) { sale in
          Button(model.heldText(sale)) { Task { await model.recall(sale) } }
          if model.refusedHeld == sale.id {
            Button(model.formats.strings.cancelSale, role: .destructive) {
              Task { await model.discardHeld(sale) }
            }
          }
        }
        if let interrupted = model.interruptedText {
          Label(interrupted, systemImage: "pause.circle")
        }
        if !model.lines.isEmpty {
          ForEach(model.changed, id: \.self) { Label($0, systemImage: "info.circle") }
        }
      }
      .searchable(text: $model.query, prompt: model.formats.strings.search)
      .onSubmit(of: .search) { Task { await model.enterCode() } }
      .task(id: model.query) { await model.refresh() }
      .safeAreaInset(edge: .bottom) { PayBar(model: model) }
      .sheet(isPresented: hasReceipt) { ReceiptView(model: model) }
      .confirmationDialog(
        model.formats.strings.whichItem, isPresented: hasChoices, titleVisibility: .visible
      ) {
        ForEach(model.choices, id: \.item) { hit in
          Button(model.choiceText(hit)) { Task { await model.choose(hit) } }
        }
      }
      .sheet(isPresented: $model.isChoosingCustomer, onDismiss: { model.leaveCustomers() }) {
        CustomersView(
          model: model.customers, trouble: model.trouble,
          onChoose: { customer in Task { await model.choose(customer) } },
          onMake: { Task { await model.makeCustomer() } }, onClose: { model.leaveCustomers() })
      }
      .navigationTitle(model.user)
      .toolbar {
        Menu(model.formats.strings.menu, systemImage: "ellipsis.circle") {
          Button(model.formats.strings.customer) { model.isChoosingCustomer = true }
            .disabled(model.lines.isEmpty)
          Button(model.formats.strings.hold) { Task { await model.hold(label: model.totalText ?? "") } }
          Button(model.formats.strings.heldSales) { Task { await model.showHeld() } }
          Button(model.formats.strings.cancelSale, role: .destructive) { Task { await model.cancelSale() } }
        }
      }
    }

    private var hasChoices: Binding<Bool> {
      Binding(get: { !model.choices.isEmpty }, set: { if !$0 { model.leaveChoices() } })
    }

    private var hasReceipt: Binding<Bool> {
      Binding(get: { model.receipt != nil }, set: { if !$0 { Task { await model.newSale() } } })
    }
  }

  private struct HitRow: View {
    let hit: SearchHit
    let model: SellModel

    var body: some View {
      Button {
        Task { await model.add(hit) }
      } label: {
        LabeledContent {
          Text(model.priceText(hit)).monospacedDigit()
        } label: {
          Text(hit.name)
          if let stock = model.stockText(hit) { Text(stock).font(.footnote) }
          if hit.willBeReplaced { Text(model.formats.strings.willBeReplaced).font(.footnote) }
        }
      }
    }
  }

  private struct LineRow: View {
    let line: CartLine
    let index: Int
    let model: SellModel

    var body: some View {
      VStack(alignment: .leading) {
        LabeledContent(line.name) { Text(model.amountText(line)).monospacedDigit() }
        if line.isEdited { Text(model.formats.strings.editedHere).font(.footnote) }
        HStack {
          Button(model.formats.strings.oneLess, systemImage: "minus") { change(-1) }
          Text(model.quantityText(line)).monospacedDigit()
          Button(model.formats.strings.oneMore, systemImage: "plus") { change(1) }
        }
        .labelStyle(.iconOnly).buttonStyle(.bordered).controlSize(.large)
      }
      .swipeActions {
        Button(model.formats.strings.removeLine, role: .destructive) {
          Task { await model.removeLine(index) }
        }
      }
    }

    private func change(_ step: Int) {
      Task { await model.changeQuantity(ofLine: index, by: step) }
    }
  }

  private struct PayBar: View {
    let model: SellModel
    @State private var typed = ""

    var body: some View {
      VStack {
        LabeledContent(model.formats.strings.total) { Text(model.totalText ?? "") }
        LabeledContent(model.formats.strings.toPay) { Text(model.restText ?? "") }.font(.title.bold())
        TextField(model.formats.strings.amount, text: $typed).textFieldStyle(.roundedBorder)
        ScrollView(.horizontal) {
          HStack {
            ForEach(model.payingTenders, id: \.tender) { tender in
              Button(tender.name) {
                Task {
                  await model.pay(by: tender, typed: typed)
                  // What was refused is corrected, not typed again.
                  if model.trouble == nil { typed = "" }
                }
              }
              .accessibilityLabel(model.formats.strings.payBy(tender.name))
            }
          }
        }
        .buttonStyle(.bordered).controlSize(.large)
        Button(model.formats.strings.complete) { Task { await model.complete() } }
          .buttonStyle(.borderedProminent).controlSize(.large).disabled(!model.canComplete)
      }
      .monospacedDigit().padding().background(.bar)
    }
  }

  private struct ReceiptView: View {
    let model: SellModel

    var body: some View {
      VStack {
        if let change = model.changeText {
          Text(model.formats.strings.change)
          Text(change).font(.largeTitle.bold()).monospacedDigit()
        }
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        ScrollView { Text(model.receipt?.text ?? "").font(.body.monospaced()).padding() }
        HStack {
          Button(model.formats.strings.printReceipt) { Task { await model.printReceipt() } }
            .buttonStyle(.bordered)
          Button(model.formats.strings.newSale) { Task { await model.newSale() } }
            .buttonStyle(.borderedProminent)
        }
        .controlSize(.large)
      }
      .padding()
    }
  }
#endif
