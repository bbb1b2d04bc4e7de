import Foundation

/// Where a till's files belong on a phone.
public enum TillFolder {
  /// Makes `name` in the app's support folder, kept out of backups and, on a phone, encrypted until the
  /// first unlock: a till restored from a backup is a copy, and has to enrol again.
  public static func make(_ name: String = "till") throws -> URL {
    let support = try FileManager.default.url(
      for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
    var folder = support.appendingPathComponent(name, isDirectory: true)
    var attributes: [FileAttributeKey: Any] = [:]
    #if os(iOS)
      attributes[.protectionKey] = FileProtectionType.completeUntilFirstUserAuthentication
    #endif
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: attributes)
    var values = URLResourceValues()
    values.isExcludedFromBackup = true
    try folder.setResourceValues(values)
    return folder
  }
}
