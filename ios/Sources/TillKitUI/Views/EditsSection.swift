#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// What was edited on this till, and more of it by who may.
  struct EditsSection: View {
    let settings: SettingsModel
    @Bindable var model: EditsModel

    var body: some View {
      let strings = model.formats.strings
      Section(strings.localEdits) {
        if settings.screen?.edits.isEmpty ?? true {
          Text(strings.noLocalEdits).foregroundStyle(.secondary)
        }
        ForEach(settings.screen?.edits ?? [], id: \.self) { edit in
          VStack(alignment: .leading) {
            Text(edit.name)
            Text(settings.detail(edit)).font(.footnote)
            Text(strings.willBeReplaced).font(.footnote)
          }
        }
        if settings.mayEdit {
          if let trouble = model.trouble { TroubleView(trouble: trouble) }
          Button(strings.editPrice) { model.beginPrice() }
            .sheet(isPresented: $model.isEditingPrice) { PriceSheet(model: model) }
          Button(strings.editFooter) { Task { await model.beginFooter() } }
            .sheet(isPresented: $model.isEditingFooter) { FooterSheet(model: model) }
        } else {
          Text(strings.signInToEdit).foregroundStyle(.secondary)
        }
      }
    }
  }

  /// An item is looked for, then its new price is typed.
  private struct PriceSheet: View {
    @Bindable var model: EditsModel

    var body: some View {
      let strings = model.formats.strings
      NavigationStack {
        List {
          if let trouble = model.trouble { TroubleView(trouble: trouble) }
          if let chosen = model.chosen {
            LabeledContent(chosen.name, value: model.priceText(chosen))
            TextField(strings.newPrice, text: $model.price).monospacedDigit()
            if let doubt = model.priceDoubt { Text(doubt).font(.callout) }
            Text(strings.willBeReplaced).font(.footnote)
            Button(strings.save) { Task { await model.savePrice() } }.disabled(!model.canSavePrice)
          }
          ForEach(model.hits, id: \.item) { hit in
            Button {
              model.choose(hit)
            } label: {
              LabeledContent(hit.name, value: model.priceText(hit))
            }
          }
        }
        .searchable(text: words, prompt: strings.search)
        .navigationTitle(strings.editPrice)
        .toolbar { Button(strings.close) { model.isEditingPrice = false } }
      }
    }

    private var words: Binding<String> {
      Binding(get: { model.query }, set: { words in Task { await model.find(words) } })
    }
  }

  private struct FooterSheet: View {
    @Bindable var model: EditsModel

    var body: some View {
      let strings = model.formats.strings
      NavigationStack {
        Form {
          if let trouble = model.trouble { TroubleView(trouble: trouble) }
          Section {
            TextEditor(text: $model.footer).font(.body.monospaced()).frame(minHeight: 160)
          } footer: {
            Text(strings.footerHint)
          }
          Text(strings.willBeReplaced).font(.footnote)
          Button(strings.save) { Task { await model.saveFooter() } }
        }
        .navigationTitle(strings.editFooter)
        .toolbar { Button(strings.close) { model.isEditingFooter = false } }
      }
    }
  }
#endif
