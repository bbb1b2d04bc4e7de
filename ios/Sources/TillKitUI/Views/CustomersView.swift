#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// Looks for a customer, or writes a new one down.
  struct CustomersView: View {
    @Bindable var model: CustomersModel
    /// Why what was chosen did not go.
    var trouble: ShownTrouble?
    /// Nobody, if it is none.
    let onChoose: (CustomerView?) -> Void
    let onMake: () -> Void
    let onClose: () -> Void

    var body: some View {
      NavigationStack {
        Group {
          if let new = model.new { CustomerForm(model: model, new: new, onMake: onMake) } else { list }
        }
        .navigationTitle(title)
        .toolbar { Button(model.formats.strings.close, action: onClose) }
      }
    }

    private var title: String {
      model.new == nil ? model.formats.strings.customer : model.formats.strings.newCustomer
    }

    private var list: some View {
      List {
        if let trouble = trouble ?? model.trouble { TroubleView(trouble: trouble) }
        Button(model.formats.strings.newCustomer, systemImage: "person.badge.plus") { model.begin() }
        Button(model.formats.strings.noCustomer, systemImage: "xmark") { onChoose(nil) }
        if model.found.isEmpty { Text(model.formats.strings.noHits).foregroundStyle(.secondary) }
        ForEach(model.found, id: \.key) { customer in
          Button {
            onChoose(customer)
          } label: {
            VStack(alignment: .leading) {
              Text(customer.name)
              Text(model.detail(customer)).font(.footnote).foregroundStyle(.secondary)
            }
          }
        }
        if model.hasMore {
          Button(model.formats.strings.more) { Task { await model.more() } }.task { await model.more() }
        }
      }
      .searchable(text: words, prompt: model.formats.strings.findCustomer)
      .task { await model.refresh() }
    }

    private var words: Binding<String> {
      Binding(get: { model.query }, set: { words in Task { await model.find(words) } })
    }
  }

  private struct CustomerForm: View {
    let model: CustomersModel
    let new: NewCustomer
    let onMake: () -> Void

    var body: some View {
      Form {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        field("name", \.name)
        field("phone", \.phone)
        field("email", \.email)
        field("address", \.address)
        field("vat_id", \.vatId)
        Button(model.formats.strings.makeCustomer, action: onMake).disabled(!model.canMake)
      }
    }

    private func field(_ fact: String, _ member: WritableKeyPath<NewCustomer, String>) -> some View {
      let text = Binding(
        get: { new[keyPath: member] },
        set: { text in model.new?[keyPath: member] = text })
      return TextField(model.formats.title(ofFact: fact), text: text)
    }
  }
#endif
