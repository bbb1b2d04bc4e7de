#if canImport(SwiftUI)
  import Foundation
  import ImageIO
  import SwiftUI
  import TillKit

  /// What the last syncs changed; a line opens its row.
  struct ReceivedView: View {
    let model: ReceivedModel
    let objects: ObjectsModel

    var body: some View {
      List {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        if model.entries.isEmpty {
          Text(model.query.isEmpty ? model.formats.strings.nothingChanged : model.formats.strings.noHits)
            .foregroundStyle(.secondary)
        }
        ForEach(Array(model.entries.enumerated()), id: \.offset) { _, entry in
          switch entry {
          case .sync(let summary): Text(model.title(summary)).font(.headline)
          case .line(let line):
            Button {
              Task { await objects.open(kind: line.kind, key: line.key) }
            } label: {
              VStack(alignment: .leading) {
                Text(line.name)
                LabeledContent(model.formats.strings.word(for: line.what), value: model.fromTo(line))
                  .font(.footnote)
              }
            }
          }
        }
        if model.hasMore {
          Button(model.formats.strings.more) { Task { await model.more() } }.task { await model.more() }
        }
      }
      .searchable(text: words, prompt: model.formats.strings.findObject)
      .task { await model.refresh() }
      .refreshable { await model.refresh() }
    }

    private var words: Binding<String> {
      Binding(get: { model.query }, set: { words in Task { await model.find(words) } })
    }
  }

  /// The journal of the last runs, to be read and to be handed to support.
  struct RunsView: View {
    let model: RunsModel

    var body: some View {
      List {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        if model.runs.isEmpty {
          Text(model.formats.strings.neverSynced).foregroundStyle(.secondary)
        } else {
          ShareLink(model.formats.strings.shareRuns, item: model.text)
        }
        ForEach(Array(model.runs.enumerated()), id: \.offset) { _, run in
          VStack(alignment: .leading) {
            Text(model.title(run))
            Text(model.result(run)).foregroundStyle(run.trouble == nil ? Color.primary : Color.red)
            Text(model.detail(run)).font(.footnote).foregroundStyle(.secondary)
          }
          .accessibilityElement(children: .combine)
        }
      }
      .task { await model.refresh() }
      .refreshable { await model.refresh() }
    }
  }

  /// What the till holds of one object, or a row of it with all its facts.
  struct ObjectsView: View {
    let model: ObjectsModel

    var body: some View {
      NavigationStack {
        Group {
          if let row = model.opened { facts(of: row) } else { list }
        }
        .navigationTitle(model.title)
        .toolbar { Button(model.formats.strings.close) { model.close() } }
      }
    }

    private func facts(of row: ObjectView) -> some View {
      List {
        LabeledContent(model.formats.title(ofKind: row.kind), value: row.key)
        if row.willBeReplaced { Text(model.formats.strings.willBeReplaced).font(.footnote) }
        if model.isPicture {
          PictureView(file: model.picture, name: row.name, strings: model.formats.strings)
        }
        ForEach(row.facts, id: \.name) { fact in
          LabeledContent(model.formats.title(ofFact: fact.name), value: model.formats.fact(fact))
        }
      }
    }

    private var list: some View {
      List {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        if !model.isUsed { Text(model.formats.strings.notUsedHint).foregroundStyle(.secondary) }
        LabeledContent(model.formats.strings.total, value: model.formats.count(model.total))
        if model.canSearch { TextField(model.formats.strings.findObject, text: words) }
        ForEach(model.rows, id: \.key) { row in
          Button {
            Task { if let kind = model.kind { await model.open(kind: kind, key: row.key) } }
          } label: {
            VStack(alignment: .leading) {
              Text(row.name)
              Text(model.detail(row)).font(.footnote).foregroundStyle(.secondary)
              if row.willBeReplaced { Text(model.formats.strings.willBeReplaced).font(.footnote) }
            }
          }
        }
        if model.hasMore {
          Button(model.formats.strings.more) { Task { await model.readOn() } }.task { await model.readOn() }
        }
      }
    }

    private var words: Binding<String> {
      Binding(get: { model.query }, set: { words in Task { await model.find(words) } })
    }
  }

  /// A picture that came down with the attachments.
  private struct PictureView: View {
    let file: Data?
    let name: String
    let strings: any Strings

    var body: some View {
      if let file {
        if let bitmap = Self.bitmap(of: file) {
          Image(bitmap, scale: 1, label: Text(name)).resizable().scaledToFit()
        } else {
          Text(strings.pictureUnreadable).foregroundStyle(.red)
        }
      } else {
        Text(strings.pictureMissing).foregroundStyle(.orange)
      }
    }

    /// At about the width of a screen: a photograph as it is may not fit into memory.
    private static func bitmap(of file: Data) -> CGImage? {
      let options: [CFString: Any] = [
        kCGImageSourceCreateThumbnailFromImageAlways: true, kCGImageSourceThumbnailMaxPixelSize: 1080,
        kCGImageSourceCreateThumbnailWithTransform: true,
      ]
      return CGImageSourceCreateWithData(file as CFData, nil)
        .flatMap { CGImageSourceCreateThumbnailAtIndex($0, 0, options as CFDictionary) }
    }
  }
#endif
