#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// This till, the connection, enrolment, the centre, local edits.
  public struct SettingsView: View {
    @Bindable private var model: SettingsModel

    public init(model: SettingsModel) { self.model = model }

    public var body: some View {
      let strings = model.formats.strings
      Form {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        if let notice = model.notice { Button(notice) { model.noticeSeen() } }
        Section(strings.thisTill) {
          Text(model.tillText)
          LabeledContent(strings.series, value: model.screen?.series ?? "")
          LabeledContent(strings.server, value: model.screen?.serverUrl ?? "")
          LabeledContent(strings.centre, value: model.centreText)
          LabeledContent(strings.version, value: model.screen?.app ?? "")
        }
        Section(model.enrolText) {
          TextField(strings.address, text: $model.address)
          Button(strings.testConnection) { Task { await model.testConnection() } }
          ForEach(model.steps, id: \.step) { StepRow(step: $0, model: model) }
          TextField(strings.pairingCode, text: $model.pairingCode)
          TextField(strings.qrText, text: $model.qrText)
          Button(model.enrolText) { Task { await model.enrol() } }.disabled(!model.canEnrol)
          if !model.mayEnrol { Text(strings.sentence(for: .noRight)).foregroundStyle(.secondary) }
        }
        Section(strings.centre) {
          Button(strings.showCentres) { Task { await model.showCentres() } }
          ForEach(model.centres, id: \.centre) { centre in
            Button(model.title(centre)) { Task { await model.previewCentre(centre.centre) } }
          }
          if let preview = model.preview {
            let texts = model.texts(preview)
            Text(texts.brings)
            if let loses = texts.loses { Text(loses).foregroundStyle(.red) }
            ForEach(model.counts(preview), id: \.title) { LabeledContent($0.title, value: $0.counts) }
            ForEach(preview.edits, id: \.self) { Text($0.name).foregroundStyle(.red) }
            if let blocked = model.blocked(preview) { Text(blocked).foregroundStyle(.red) }
            if let signsOut = model.signsOut(preview) { Text(signsOut) }
            if !model.mayChangeCentre { Text(strings.sentence(for: .noRight)).foregroundStyle(.secondary) }
            Button(strings.chooseCentre) { Task { await model.choosePreviewed() } }
              .disabled(model.blocked(preview) != nil || !model.mayChangeCentre)
            Button(strings.cancel, role: .cancel) { model.forgetPreview() }
          }
        }
        if let standing = model.screen?.standing, standing != .new {
          FilesSection(model: model.files, mayExport: model.mayExport)
        }
        EditsSection(settings: model, model: model.edits)
      }
      .disabled(model.isBusy)
      .task { await model.refresh() }
      .navigationTitle(strings.settings)
    }
  }

  private struct StepRow: View {
    let step: ConnectionStep
    let model: SettingsModel

    var body: some View {
      let texts = model.texts(step)
      VStack(alignment: .leading) {
        LabeledContent(texts.title, value: texts.outcome)
          .foregroundStyle(step.outcome == .bad ? Color.red : Color.primary)
        Text(step.sentence).font(.footnote)
      }
      .accessibilityElement(children: .combine)
    }
  }
#endif
